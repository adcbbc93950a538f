import { randomUUID } from 'node:crypto';
import { briefCallback, briefTalk, type CallWish, type Talk } from './brief.ts';
import { decide, FRESH, type Decision } from './decide.ts';
import type { Knowledge } from './knowledge.ts';
import type { Conversation, Message, Store } from './store.ts';
import type { Wording } from './wording.ts';

export interface BotDependencies {
  readonly store: Store;
  readonly knowledge: Knowledge;
  readonly word: Wording;
  readonly policy: string;
  readonly callbackPolicy: string;
  /** Something of a conversation has changed. */
  readonly changed: (conversation: string) => void;
  /** There is something to tell Baton. */
  readonly wake: () => void;
}

/** Takes what customers write, keeps it, and answers. */
export interface Bot {
  /** Keeps a message before anything else; the same key again changes nothing. */
  hear(said: { conversation: string; text: string; key?: string; name?: string }): void;
  /** Asks for a call. Returns false when there is nothing to ask for one from. */
  askForCall(conversation: string, wish: CallWish): boolean;
  /** Goes on with everything that was not answered when the program ended. */
  resume(): void;
  /** Resolves when everything that was heard is answered. */
  settled(): Promise<void>;
}

/** Returns the bot of a store. */
export function createBot(deps: BotDependencies): Bot {
  const { store, knowledge, word, changed, wake } = deps;
  const busy = new Map<string, Promise<void>>();

  /** One conversation is answered message by message; different ones at the same time. */
  function attend(id: string): void {
    const before = busy.get(id) ?? Promise.resolve();
    const now = before
      .then(() => answerAll(id))
      .catch((error: unknown) => {
        console.error(`conversation ${id.slice(0, 4)} could not be answered:`, error);
      })
      .finally(() => {
        if (busy.get(id) === now) busy.delete(id);
      });
    busy.set(id, now);
  }

  async function answerAll(id: string): Promise<void> {
    for (;;) {
      const conversation = store.conversation(id);
      if (!conversation) return;
      const next = store
        .messages(id, conversation.answeredUpTo)
        .find(({ author }) => author === 'customer');
      if (!next) return;
      await answer(conversation, next);
      changed(id);
    }
  }

  async function answer(conversation: Conversation, message: Message): Promise<void> {
    const { id, phase, memory } = conversation;
    // What is written while people are asked, or one of them is there, goes to them.
    const talk = phase === 'bot' ? undefined : store.handoffOf(id, 'talk');
    if (talk) {
      store.together(() => {
        const body = { text: message.text };
        store.addErrand({ handoff: talk.id, kind: 'note', body, message: message.id });
        store.setAnswered(id, message.id);
      });
      wake();
      return;
    }
    const found = knowledge.find(message.text);
    const decision = decide({
      text: message.text,
      memory,
      found: found && { article: found.article.id, isSure: found.isSure },
    });
    const text = await phrase(decision, message.text);
    store.together(() => {
      store.addMessage({ conversation: id, author: 'bot', text });
      store.setAnswered(id, message.id);
      store.setMemory(id, decision.memory);
      if (decision.kind === 'hand-off')
        handOff({ ...conversation, memory: decision.memory }, decision);
    });
    wake();
  }

  async function phrase(decision: Decision, question: string): Promise<string> {
    switch (decision.kind) {
      case 'answer': {
        const article = knowledge.articles.find(({ id }) => id === decision.article);
        return article
          ? await word(question, article)
          : 'I have lost that article. Please ask again.';
      }
      case 'greet':
        return 'Hello! What would you like to know about Fernhill?';
      case 'thank':
        return 'You are welcome. Is there anything else?';
      case 'ask-again':
        return 'I am not sure that I know this. Could you say it in other words? Or write “person”, and I ask a colleague to come.';
      case 'hand-off':
        return {
          'asked-for-a-person': 'Of course. I am asking a colleague to come into this chat.',
          'high-value':
            'That is worth talking to a person about. I am asking a colleague to come into this chat.',
          frustrated: 'I am sorry about this. I am asking a colleague to come into this chat.',
          'unsure-twice': 'I do not know this, so I am asking a colleague to come into this chat.',
        }[decision.reason];
    }
  }

  function handOff(conversation: Conversation, decision: Decision & { kind: 'hand-off' }): void {
    const handoff = `talk-${randomUUID()}`;
    const { reason, because } = decision;
    const submission = briefTalk(talkOf(conversation), {
      id: handoff,
      policy: deps.policy,
      reason,
      because,
    });
    store.addHandoff({ id: handoff, conversation: conversation.id, kind: 'talk' });
    store.addErrand({ handoff, kind: 'submit', body: submission });
    // Their last words begin the talk on Baton's page.
    const last = store.messages(conversation.id).findLast(({ author }) => author === 'customer');
    if (last) {
      store.addErrand({ handoff, kind: 'note', body: { text: last.text }, message: last.id });
    }
    store.setPhase(conversation.id, 'waiting');
  }

  function talkOf(conversation: Conversation): Talk {
    return {
      conversation,
      messages: store.messages(conversation.id),
      tried: [...new Set(conversation.memory.tried)].flatMap(
        (id) => knowledge.articles.find((article) => article.id === id)?.title ?? [],
      ),
    };
  }

  return {
    hear({ conversation, text, key, name }) {
      const kept = store.together(() => {
        store.open(conversation);
        if (name !== undefined) store.setName(conversation, name);
        return store.addMessage({ conversation, author: 'customer', text, key });
      });
      if (kept === undefined) return;
      changed(conversation);
      attend(conversation);
    },
    askForCall(id, wish) {
      const conversation = store.conversation(id);
      if (!conversation || store.handoffOf(id, 'callback')) return false;
      const handoff = `call-${randomUUID()}`;
      store.together(() => {
        store.setName(id, wish.name);
        const submission = briefCallback(talkOf({ ...conversation, name: wish.name }), {
          id: handoff,
          policy: deps.callbackPolicy,
          wish,
        });
        const talk = store.handoffOf(id, 'talk');
        if (talk) {
          const body = { reason: 'asked to be called back instead' };
          store.addErrand({ handoff: talk.id, kind: 'withdraw', body });
        }
        store.addHandoff({ id: handoff, conversation: id, kind: 'callback' });
        store.addErrand({ handoff, kind: 'submit', body: submission });
        store.addMessage({
          conversation: id,
          author: 'bot',
          text: `Thank you, ${wish.name}. I am asking a colleague to call you at ${wish.phone}, and tell you here who it will be. Meanwhile I am still here for questions.`,
        });
        store.setMemory(id, { ...FRESH, tried: conversation.memory.tried });
        store.setPhase(id, 'bot');
      });
      changed(id);
      wake();
      return true;
    },
    resume() {
      for (const id of store.unanswered()) attend(id);
    },
    async settled() {
      while (busy.size > 0) await Promise.all(busy.values());
    },
  };
}
