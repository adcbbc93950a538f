/** Names what became of an email; `bounced`, `blocked` and `dropped` are in nobody's inbox. */
export type EmailStatus =
  'processed' | 'deferred' | 'delivered' | 'bounced' | 'blocked' | 'dropped';

/** Describes an answer that a person has written to an email. */
export interface SimulatedEmailReply {
  /** ISO instant. */
  readonly at: string;
  readonly text: string;
  /** The HTTP status of Baton's webhook; 0 when no answer came. */
  readonly status: number;
}

/** Describes one email in one inbox: a personalization with three recipients makes three of them. A change makes a new object. */
export interface SimulatedEmail {
  /** Tells the copies of one message apart. */
  readonly id: string;
  /** The `x-message-id` of the API's answer. */
  readonly messageId: string;
  /** The `Message-ID` that mail programs see and refer to. */
  readonly smtpId: string;
  readonly to: string;
  readonly from: string;
  readonly fromName?: string;
  readonly replyTo?: string;
  readonly subject: string;
  readonly text: string;
  readonly html: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly customArgs: Readonly<Record<string, string>>;
  /** ISO instant. */
  readonly at: string;
  readonly status: EmailStatus;
  /** Why it was not delivered. */
  readonly reason?: string;
  /** What the person has answered, oldest first. */
  readonly replies: readonly SimulatedEmailReply[];
}

/** Describes an email that the API has accepted. */
export type EmailOrder = Omit<SimulatedEmail, 'id' | 'status' | 'reason' | 'replies'>;
