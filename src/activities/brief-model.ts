import { Ollama, type ChatRequest } from 'ollama';
import { z } from 'zod';
import { draftSchema } from '../domain/brief-writer/check.ts';
import { DEFAULT_PROMPT, describeMaterial } from '../domain/brief-writer/prompt.ts';
import type { Handoff } from '../domain/handoff.ts';

/** A model that writes briefs; what it says is checked by whoever asks. */
export interface BriefModel {
  readonly name: string;
  /** Returns the model's answer as it came. Throws a BriefModelError, also when the signal is aborted. */
  readonly ask: (
    about: { readonly handoff: Handoff; readonly material: string },
    signal: AbortSignal,
  ) => Promise<string>;
  /** Has the model loaded, so that the first brief need not wait for that. Throws a BriefModelError. */
  readonly load: (signal: AbortSignal) => Promise<void>;
}

/** Says why a model gave no answer, in words that quote nothing of the material or of the model. */
export class BriefModelError extends Error {
  override readonly name = 'BriefModelError';
}

/** A brief is a few hundred tokens; a model that goes on and on is cut off. */
const MAX_TOKENS = 600;
/** A token is some four characters: the longest material, the prompt and the answer fit. */
const CONTEXT_TOKENS = 8_192;
const MAX_ANSWER_BYTES = 256_000;
/** Loading takes longer than writing: it stays loaded between two handoffs. */
const KEEP_ALIVE = '1h';

/** Returns a model behind Ollama's HTTP API, asked for JSON of the draft's schema. */
export function createBriefModel({
  url,
  model,
  prompt = DEFAULT_PROMPT,
}: {
  readonly url: string;
  readonly model: string;
  readonly prompt?: string | undefined;
}): BriefModel {
  const format = z.toJSONSchema(draftSchema);
  return {
    name: model,
    async ask({ handoff, material }, signal) {
      const request: ChatRequest & { stream: false } = {
        model,
        stream: false,
        format,
        keep_alive: KEEP_ALIVE,
        options: { temperature: 0, seed: 0, num_predict: MAX_TOKENS, num_ctx: CONTEXT_TOKENS },
        messages: [
          { role: 'system', content: prompt },
          { role: 'user', content: describeMaterial(handoff, material) },
        ],
      };
      const answer = await explain(signal, () => connect(url, signal).chat(request));
      const read = answerSchema.safeParse(answer);
      if (!read.success) throw new BriefModelError('the answer was none of Ollama’s');
      return read.data.message.content;
    },
    async load(signal) {
      const request = { model, prompt: '', stream: false as const, keep_alive: KEEP_ALIVE };
      await explain(signal, () =>
        connect(url, signal).generate({ ...request, options: { num_ctx: CONTEXT_TOKENS } }),
      );
    },
  };
}

/** What is read of an answer: its type is a promise that nobody has checked. */
const answerSchema = z.object({ message: z.object({ content: z.string() }) });

/** The client's own `abort` knows streams only: the signal goes along with each request. */
function connect(host: string, signal: AbortSignal): Ollama {
  return new Ollama({
    host,
    fetch: async (input, init) =>
      limitBody(await fetch(input, { ...init, signal, redirect: 'error' }), MAX_ANSWER_BYTES),
  });
}

/** Returns the response with a body that fails beyond so many bytes. */
function limitBody(response: Response, max: number): Response {
  let bytes = 0;
  const limit = new TransformStream<Uint8Array, Uint8Array>({
    transform(chunk, controller) {
      bytes += chunk.byteLength;
      if (bytes > max) controller.error(new TooLongError());
      else controller.enqueue(chunk);
    },
  });
  const { status, statusText, headers } = response;
  return new Response(response.body?.pipeThrough(limit) ?? null, { status, statusText, headers });
}

class TooLongError extends Error {
  override readonly name = 'TooLongError';
}

/** No error of the client is passed on: its words may be those of the model. */
async function explain<T>(signal: AbortSignal, call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    if (signal.aborted) throw new BriefModelError('the model was late');
    const status = z.object({ status_code: z.number() }).safeParse(error).data?.status_code;
    if (status === 404) throw new BriefModelError('Ollama does not have the model');
    if (status !== undefined) throw new BriefModelError(`Ollama answered ${status}`);
    if (error instanceof TooLongError) throw new BriefModelError('the answer was too long');
    if (error instanceof SyntaxError) throw new BriefModelError('the answer was no JSON');
    throw new BriefModelError('Ollama could not be reached');
  }
}
