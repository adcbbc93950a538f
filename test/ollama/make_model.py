"""Writes a language model of the smallest size that Ollama loads: one layer of random weights, a token for each byte.

    make_model.py FILE [BIAS]

It says nothing that makes sense. With a BIAS it likes to end its strings: without one it may never come to an end.
"""

import sys

import gguf
import numpy

WIDTH = 64
HEADS = 4
HIDDEN = 128
CONTEXT = 8192
LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.,:;!?'-()[]{}\""
NORMAL, UNKNOWN, CONTROL, BYTE = 1, 2, 3, 6

path = sys.argv[1]
bias = float(sys.argv[2]) if len(sys.argv) > 2 else 0.0

tokens = [("<unk>", UNKNOWN), ("<s>", CONTROL), ("</s>", CONTROL)]
tokens += [(f"<0x{byte:02X}>", BYTE) for byte in range(256)]
tokens += [("\u2581", NORMAL)] + [(letter, NORMAL) for letter in LETTERS]

random = numpy.random.default_rng(47)


def weights(*shape):
    return random.normal(0, 0.4, shape).astype(numpy.float32)


writer = gguf.GGUFWriter(path, "llama")
writer.add_name("tiny")
writer.add_context_length(CONTEXT)
writer.add_embedding_length(WIDTH)
writer.add_block_count(1)
writer.add_feed_forward_length(HIDDEN)
writer.add_head_count(HEADS)
writer.add_head_count_kv(HEADS)
writer.add_layer_norm_rms_eps(1e-5)
writer.add_rope_dimension_count(WIDTH // HEADS)
writer.add_vocab_size(len(tokens))
writer.add_file_type(gguf.LlamaFileType.ALL_F32)
writer.add_tokenizer_model("llama")
writer.add_tokenizer_pre("default")
writer.add_token_list([token for token, _ in tokens])
writer.add_token_scores([0.0 if kind == NORMAL else -1000.0 for _, kind in tokens])
writer.add_token_types([kind for _, kind in tokens])
writer.add_unk_token_id(0)
writer.add_bos_token_id(1)
writer.add_eos_token_id(2)

embedding = weights(len(tokens), WIDTH)
output = weights(len(tokens), WIDTH)
# One dimension is the same for every token: what the output makes of it is a bias.
embedding[:, 0] = 8.0
output[:, 0] = 0.0
names = [token for token, _ in tokens]
output[names.index('"'), 0] = bias
for token in ("]", "}"):
    output[names.index(token), 0] = bias / 2

writer.add_tensor("token_embd.weight", embedding)
writer.add_tensor("output_norm.weight", numpy.ones(WIDTH, dtype=numpy.float32))
writer.add_tensor("output.weight", output)
layer = {
    "attn_norm": numpy.ones(WIDTH, dtype=numpy.float32),
    "attn_q": weights(WIDTH, WIDTH),
    "attn_k": weights(WIDTH, WIDTH),
    "attn_v": 0.1 * weights(WIDTH, WIDTH),
    "attn_output": 0.1 * weights(WIDTH, WIDTH),
    "ffn_norm": numpy.ones(WIDTH, dtype=numpy.float32),
    "ffn_gate": 0.1 * weights(HIDDEN, WIDTH),
    "ffn_up": 0.1 * weights(HIDDEN, WIDTH),
    "ffn_down": 0.1 * weights(WIDTH, HIDDEN),
}
for name, tensor in layer.items():
    writer.add_tensor(f"blk.0.{name}.weight", tensor)

writer.write_header_to_file()
writer.write_kv_data_to_file()
writer.write_tensors_to_file()
writer.close()
