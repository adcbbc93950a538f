/** Returns a submission of the usual lead, with what a test wants different. */
export function buildSubmission(changes: Readonly<Record<string, unknown>> = {}) {
  return {
    policy: 'slow',
    urgency: 'urgent',
    brief: {
      subject: 'Maria Lopez, Acme Corp',
      summary: 'Compared Pro and Team twice today; asked about seats for 40 people.',
      score: { value: 92, outOf: 100, meaning: 'top 3 % this month' },
      origin: 'pricing page',
    },
    action: {
      do: 'Call Maria Lopez',
      within: 'PT5M',
      contact: { name: 'Maria Lopez', phone: '+15125550147' },
      outcomes: ['reached', 'no-answer', 'bad-lead'],
    },
    ...changes,
  };
}

/** Raw material, and what a model might make of it: all of it holds. */
export const MATERIAL =
  'Maria Lopez: Can we start with 40 seats and pay yearly?\nBot: I am not sure.';
export const DRAFT = {
  subject: 'Maria Lopez',
  summary: 'Maria Lopez asks to start with 40 seats and pay yearly.',
  action: 'Ask Maria Lopez about the seats',
  facts: [{ label: 'Seats', value: '40' }],
};
