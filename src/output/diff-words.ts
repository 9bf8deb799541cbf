import type { Change } from '../metadata/diff.ts';

/** A change in words; not yet terminal-safe. */
export interface ChangeWords {
  readonly mark: '+' | '-' | '~';
  readonly text: string;
}

const kindParts = /^(.+)_(added|dropped|removed|lost|renamed|moved|changed|reordered)$/;
/** Of these a part is told: `column_type`. */
const wholes = /^(column|attribute)_(.+)$/;

/** `~ column email, type: character varying(254) → text`. */
export function changeWords(change: Change): ChangeWords {
  const { kind, relation, column, name, before, after } = change;
  const [, subject = kind, step = ''] = kindParts.exec(kind) ?? [];
  const [, whole, aspect] = wholes.exec(subject) ?? [];
  const noun = (whole ?? subject).replaceAll('_', ' ');
  // A type's own name stands above its changes.
  const part = column ?? (relation === null ? null : name);
  if (step === 'renamed' || step === 'moved') {
    return { mark: '~', text: `${noun} ${step}: ${before ?? ''} → ${after ?? ''}` };
  }
  const named = `${noun}${part === null ? '' : ` ${part}`}${aspect === undefined ? '' : `, ${aspect.replaceAll('_', ' ')}`}`;
  if (step === 'added') return { mark: '+', text: withText(named, after) };
  if (step === 'dropped' || step === 'removed') return { mark: '-', text: withText(named, before) };
  if (step === 'lost') return { mark: '-', text: named };
  return { mark: '~', text: `${named}: ${before ?? 'none'} → ${after ?? 'none'}` };
}

function withText(named: string, text: string | null): string {
  return text === null ? named : `${named}: ${text}`;
}

/** What a change is listed under: its relation, type or schema. */
export function changePlace({ schema, relation, name }: Change): string {
  if (relation !== null) return `${schema}.${relation}`;
  return name === null ? `schema ${schema}` : `type ${schema}.${name}`;
}
