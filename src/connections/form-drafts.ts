import { z } from 'zod';
import { sslModes } from './vocabulary.ts';

/**
 * What a form held that was not saved. It has no place for a secret: no password, and no option whose
 * value is free text.
 */
export const formDraftSchema = z.strictObject({
  /** What was typed, by field. */
  texts: z.record(z.string(), z.string()),
  sslMode: z.enum(sslModes),
  sslCrl: z.string().nullable(),
  /** The provider of a new connection. */
  provider: z.string().nullable(),
  /** The fields that somebody said something of. */
  said: z.array(z.string()),
  /** The saved secrets that were taken away. */
  removed: z.array(z.string()),
  /** What was typed and is not in it, in words: `the password`. */
  leftOut: z.array(z.string()),
  /** Of the connection that was edited; 0 for a new one. */
  revision: z.int(),
});
export type FormDraft = z.infer<typeof formDraftSchema>;

/** A draft that a process left which is gone. */
export interface LeftDraft {
  readonly id: string;
  readonly at: Date;
  readonly draft: FormDraft;
}

/**
 * Drafts of forms, of all processes: each writes its own, and takes up none of one that is at work. A draft
 * is a help and no promise: nothing here throws for what a disk does.
 */
export interface FormDrafts {
  /** Those that were left of a form, newest first. @param form which: letters, digits and `-` */
  left(form: string): Promise<LeftDraft[]>;
  /** Makes one that was left this process's own. @returns false where another process was quicker */
  takeUp(form: string, id: string): Promise<boolean>;
  discard(id: string): Promise<void>;
  /** In place of what this process kept of the form before. */
  keep(form: string, draft: FormDraft): Promise<void>;
  /** Removes what this process kept of the form. */
  forget(form: string): Promise<void>;
}
