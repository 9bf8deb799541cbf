import { expect, it } from 'vitest';
import { formDraftSchema } from '../../../src/connections/form-drafts.ts';
import { postgres } from '../../../src/connectors/postgres/connector.ts';
import { type FormEvent, formAfter } from '../../../src/screens/form-after.ts';
import { draftOf, withDraft } from '../../../src/screens/form-draft.ts';
import { type FormState, isChanged, newForm } from '../../../src/screens/form-state.ts';
import { formReading } from '../../../src/screens/full-form.ts';

const [neon] = postgres.presets;
const own = postgres.presets.find(({ provider }) => provider === 'self-hosted');
if (neon === undefined || own === undefined) throw new Error('no presets');
const reading = formReading(postgres);
const after = (state: FormState, ...events: FormEvent[]) =>
  events.reduce((form, event) => formAfter(form, event, reading), state);
const paste = (text: string): FormEvent => ({ kind: 'pasted', text });

it('holds all of a form but its secrets and free text', () => {
  const options = 'application_name=canary-1&options=-c%20x%3Dcanary-2&connect_timeout=7';
  const url = `postgresql://app:canary-3@ep-1.eu.aws.neon.tech:6543/shop?${options}`;
  const filled = after({ ...newForm(own), focus: 'tags' }, paste('prod, eu'), paste(url));
  const draft = formDraftSchema.parse(JSON.parse(JSON.stringify(draftOf(filled, reading, 0))));
  expect(JSON.stringify(draft)).not.toContain('canary');
  expect(draft).toMatchObject({
    texts: { host: 'ep-1.eu.aws.neon.tech', port: '6543', tags: 'prod, eu', options: 'connect_timeout=7' },
    provider: 'neon',
    leftOut: ['the password', 'options of free text'],
  });
  const again = withDraft(newForm(own), draft, reading);
  expect(again.values).toEqual({
    ...filled.values,
    secrets: newForm(own).values.secrets,
    texts: { ...filled.values.texts, options: { text: 'connect_timeout=7', cursor: 17 } },
  });
  expect([again.provider?.preset.title, [...again.said].sort(), isChanged(again)]).toEqual([
    'Neon',
    [...filled.said].sort(),
    true,
  ]);
});

it('says that it lacks options that can not be read', () => {
  const typed = after({ ...newForm(own), focus: 'options' }, paste('sslsni=1 bogus=canary'));
  expect(draftOf(typed, reading, 0)).toMatchObject({ texts: { options: '' }, leftOut: ['the options'] });
});

it('holds nothing of a URL that is being typed, or of one that lacks its begin', () => {
  const begun = after({ ...newForm(own), focus: 'host' }, paste('app:canary@db.example.com'));
  expect(begun.values.texts.host.text).toContain('canary');
  expect(JSON.stringify(draftOf(begun, reading, 0))).not.toContain('canary');
  const typing = after({ ...newForm(own), focus: 'host', unseen: 'postgresql://app:canary' });
  expect(JSON.stringify(draftOf(typing, reading, 0))).not.toContain('canary');
});

it('keeps that a saved password was taken away, and takes fields alone from it', () => {
  const secrets = {
    ...newForm(neon).values.secrets,
    password: { choice: 'former' as const, line: { text: '', cursor: 0 } },
  };
  const saved = { ...newForm(neon), initial: { ...newForm(neon).values, secrets }, provider: null };
  const draft = draftOf(saved, reading, 3);
  expect([draft.removed, draft.provider, draft.revision]).toEqual([['password'], null, 3]);
  expect(withDraft({ ...saved, values: saved.initial }, draft, reading).values.secrets.password.choice).toBe(
    'none',
  );
  const strange = { ...draft, texts: { password: 'x', __proto__: 'y', nobody: 'z' }, removed: ['name'] };
  expect(withDraft(saved, strange, reading).values).toEqual(saved.initial);
});
