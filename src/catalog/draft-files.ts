import { randomUUID } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type FormDrafts, formDraftSchema, type LeftDraft } from '../connections/form-drafts.ts';
import { catalogFile, makeHome } from './location.ts';
import { ownOwner } from './owner.ts';

export interface DraftFilesOptions {
  readonly home: string;
  isAtWork(owner: string): boolean;
  readonly now?: () => Date;
  /** Who this process is; told by its id when left out. */
  readonly owner?: string;
}

/** A larger one is none of ours. */
const mostBytes = 64 * 1024;
/** After this a process of that id is another one. Milliseconds. */
const staleAfterMs = 24 * 60 * 60 * 1000;
/** Nobody takes up an older one. */
const keptForMs = 30 * staleAfterMs;

/**
 * Drafts as files `FORM.UUID.json` in `drafts` of the home directory, 0600. Each is written by one process
 * alone, beside its place, and put there whole.
 */
export function draftFiles(options: DraftFilesOptions): FormDrafts {
  const { home, isAtWork, now = () => new Date(), owner = ownOwner() } = options;
  const directory = catalogFile(home, 'drafts');
  const own = randomUUID();
  const fileOf = (form: string) => join(directory, `${form}.${own}.json`);
  const write = (path: string, text: string) => {
    const temporary = `${path}.tmp`;
    writeFileSync(temporary, text, { mode: 0o600 });
    renameSync(temporary, path);
  };
  const remove = (path: string) => void attempt(() => void rmSync(path, { force: true }));
  const read = (id: string): (LeftDraft & { owner: string }) | null => {
    const path = join(directory, id);
    const stat = statSync(path);
    if (!stat.isFile() || stat.size > mostBytes) return null;
    const { owner, ...draft } = JSON.parse(readFileSync(path, 'utf8'));
    const parsed = formDraftSchema.safeParse(draft);
    return parsed.success && typeof owner === 'string'
      ? { id, at: stat.mtime, owner, draft: parsed.data }
      : null;
  };
  return {
    async left(form) {
      const names = attempt(() => readdirSync(directory)) ?? [];
      const found: LeftDraft[] = [];
      for (const id of names) {
        const path = join(directory, id);
        const age = attempt(() => now().getTime() - statSync(path).mtimeMs) ?? 0;
        if (age > keptForMs) remove(path);
        else if (id.startsWith(`${form}.`) && id.endsWith('.json') && path !== fileOf(form)) {
          const draft = attempt(() => read(id));
          if (draft && (age > staleAfterMs || !isAtWork(draft.owner))) found.push(draft);
        }
      }
      return found.sort((a, b) => b.at.getTime() - a.at.getTime());
    },
    async takeUp(form, id) {
      return (
        attempt(() => {
          renameSync(join(directory, id), fileOf(form));
          return true;
        }) === true
      );
    },
    async discard(id) {
      remove(join(directory, id));
    },
    async keep(form, draft) {
      attempt(() => {
        makeHome(home);
        mkdirSync(directory, { recursive: true, mode: 0o700 });
        write(fileOf(form), JSON.stringify({ owner, ...draft }));
      });
    },
    async forget(form) {
      remove(fileOf(form));
    },
  };
}

/** @returns null where it fails */
function attempt<T>(what: () => T): T | null {
  try {
    return what();
  } catch {
    return null;
  }
}
