import { describe, expect, it } from 'vitest';
import { postgres } from '../../../src/connectors/postgres/connector.ts';
import { type FormEvent, formAfter } from '../../../src/screens/form-after.ts';
import { looksLikeUrl } from '../../../src/screens/form-filling.ts';
import { commandOf } from '../../../src/screens/form-screen.ts';
import { type FormState, isChanged, newForm } from '../../../src/screens/form-state.ts';
import { formReading } from '../../../src/screens/full-form.ts';
import type { Key } from '../../../src/screens/live-screen.ts';

const preset = postgres.presets.find(({ provider }) => provider === 'self-hosted');
if (preset === undefined) throw new Error('no preset of self-hosted servers');
const empty = newForm(preset);
const postgresReading = formReading(postgres);
const reading = {
  ...postgresReading,
  url: (text: string) => {
    const read = postgresReading.url(text);
    return typeof read === 'string' ? 'the URL is wrong' : read;
  },
};
const formThen = (state: FormState, ...events: FormEvent[]) =>
  events.reduce((form, event) => formAfter(form, event, reading), state);
const key = (name: string, more: Partial<Key> = {}): Key => ({
  name,
  ctrl: false,
  shift: false,
  typed: '',
  ...more,
});
const press = (name: string, more?: Partial<Key>): FormEvent => ({ kind: 'pressed', key: key(name, more) });
const type = (text: string): FormEvent[] => [...text].map((typed) => press(typed, { typed }));
const at = (focus: FormState['focus'], state = empty): FormState => ({ ...state, focus });
const url = 'postgresql://app:canary-4711@db.example.com:6432/shop?sslmode=require&channel_binding=require';
const textOf = ({ values }: FormState, field: keyof FormState['values']['texts']) => values.texts[field].text;

describe('the form', () => {
  it('begins with what its provider proposes, unchanged', () => {
    expect([textOf(empty, 'port'), textOf(empty, 'database'), empty.values.sslMode]).toEqual([
      '5432',
      'postgres',
      'prefer',
    ]);
    expect(isChanged(empty)).toBe(false);
  });

  it('is edited in place, and moved through in a circle', () => {
    const named = formThen(empty, ...type('ordrs'), press('left'), press('left'), ...type('e'));
    expect(textOf(named, 'name')).toBe('orders');
    expect(isChanged(named)).toBe(true);
    expect(formThen(named, press('down')).focus).toBe('host');
    expect(formThen(named, press('up')).focus).toBe('back');
    expect([...formThen(named, press('return')).visited]).toEqual(['name']);
  });

  it('takes a pasted URL for all fields, wherever it is pasted, and its password unseen', () => {
    for (const focus of ['name', 'host', 'tags', 'save', 'password'] as const) {
      const filled = formThen(at(focus), { kind: 'pasted', text: `${url}\n` });
      const { texts, sslMode, secrets } = filled.values;
      expect([texts.host.text, texts.port.text, texts.database.text, texts.username.text]).toEqual([
        'db.example.com',
        '6432',
        'shop',
        'app',
      ]);
      expect([sslMode, texts.options.text]).toEqual(['require', 'channel_binding=require']);
      expect(secrets.password).toMatchObject({ choice: 'typed', line: { text: 'canary-4711' } });
      expect(filled.unseen).toBe(null);
    }
  });

  describe('with a host that tells another provider than was chosen', () => {
    const neon = 'postgresql://app:canary-4711@ep-cool-1.eu-central-1.aws.neon.tech';
    const ofNeon = (state: FormState) => [
      state.provider?.preset.title,
      textOf(state, 'database'),
      state.values.sslMode,
    ];

    it('takes that one and its defaults, and says so', () => {
      const pasted = formThen(empty, { kind: 'pasted', text: neon });
      expect(ofNeon(pasted)).toEqual(['Neon', 'neondb', 'require']);
      expect(pasted.provider?.told).toEqual(['database', 'sslMode']);
      const typed = formThen(at('host'), ...type('ep-1.eu.aws.neon.tech'));
      expect(typed.provider?.told).toBe(null);
      expect(ofNeon(formThen(typed, press('down')))).toEqual(['Neon', 'neondb', 'require']);
    });

    it('leaves what was typed, and what the URL says', () => {
      const said = formThen(formThen(at('database'), press('u', { ctrl: true }), ...type('postgres')), {
        kind: 'pasted',
        text: `${neon}/?sslmode=prefer`,
      });
      expect(ofNeon(said)).toEqual(['Neon', 'postgres', 'prefer']);
      expect(said.provider?.told).toEqual([]);
      const chosen = formThen(at('sslMode'), press('right'), press('left'), { kind: 'pasted', text: neon });
      expect(ofNeon(chosen)).toEqual(['Neon', 'neondb', 'prefer']);
    });

    it('goes back to what was chosen with another host, or by Reset', () => {
      const pasted = formThen(at('host'), { kind: 'pasted', text: neon });
      const elsewhere = formThen(pasted, press('u', { ctrl: true }), ...type('10.0.0.1'), press('down'));
      expect(ofNeon(elsewhere)).toEqual([preset.title, 'postgres', 'prefer']);
      expect(elsewhere.provider?.told).toBe(null);
      expect(ofNeon(formThen(pasted, { kind: 'reset' }))).toEqual([preset.title, 'postgres', 'prefer']);
    });

    it('has the name of one that has no preset, and a self-hosted server has none to tell', () => {
      const known = formThen(empty, { kind: 'pasted', text: 'postgresql://app@x.db.postgresbridge.com/db' });
      expect(ofNeon(known)).toEqual(['crunchy-bridge', 'db', 'prefer']);
      const own = formThen(known, { kind: 'pasted', text: 'postgresql://app@db.example.com/db' });
      expect(own.provider?.preset.title).toBe(preset.title);
    });
  });

  it('takes options as they are typed, and hides what may be a password among them', () => {
    const typed = formThen(at('options'), ...type("hostaddr=::1 options='-c x=1'"));
    expect([typed.unseen, textOf(typed, 'options')]).toEqual([null, "hostaddr=::1 options='-c x=1'"]);
    expect(formThen(at('options'), ...type('sslsni=1 sslpassword=x')).unseen).toBe('sslsni=1 sslpassword=x');
    const pasted = formThen(typed, { kind: 'pasted', text: 'postgresql://app@db/shop?sslsni=0' });
    expect(postgres.readOptions(textOf(pasted, 'options'))).toEqual({
      hostaddr: '::1',
      options: '-c x=1',
      sslsni: '0',
    });
  });

  it('takes a password for one that only looks like a URL, or a part of one', () => {
    for (const text of ['x://y', 'password=z', 'a host = b']) {
      const { values } = formThen(at('password'), { kind: 'pasted', text: `${text}\n` });
      expect(values.secrets.password).toMatchObject({ choice: 'typed', line: { text } });
    }
  });

  it('hides a URL that is typed from the moment on that it is one', () => {
    const typing = formThen(at('host'), ...type(url));
    expect(typing.unseen).toBe(url);
    expect(textOf(typing, 'host')).toBe('');
    expect(textOf(formThen(typing, press('return')), 'host')).toBe('db.example.com');
    const backwards = formThen(typing, ...Array.from(url, () => press('backspace')));
    expect([backwards.unseen, textOf(backwards, 'host')]).toEqual([null, '']);
  });

  it('says what is wrong with a URL beside the field, and keeps nothing of it', () => {
    const wrong = formThen(at('host'), { kind: 'pasted', text: 'postgresql://[canary-4711' });
    expect(wrong.complaints).toEqual({ host: 'the URL is wrong' });
    expect(JSON.stringify(wrong)).not.toContain('canary-4711');
    // What the fields lack is found out later, and does not hide it.
    const checked = formThen(wrong, {
      kind: 'checked',
      complaints: { host: 'it is empty', name: 'it is empty' },
    });
    expect(checked.complaints).toEqual({ host: 'the URL is wrong', name: 'it is empty' });
    const typed = formThen(wrong, ...type('d'));
    expect(typed.complaints).toEqual({});
    expect(formThen(typed, { kind: 'checked', complaints: {} }).complaints).toEqual({});
  });

  it('knows keyword/value strings, and takes no name or host for a URL', () => {
    expect(looksLikeUrl('host=db password=x')).toBe(true);
    for (const text of ['db.example.com', '/run/postgresql', '::1', 'a=b', 'postgresql', '']) {
      expect(looksLikeUrl(text), text).toBe(false);
    }
  });

  it('takes a password only at its end while it is not seen', () => {
    const typed = formThen(at('password'), ...type('abc'), press('left'), ...type('d'));
    expect(typed.values.secrets.password.line.text).toBe('abcd');
    const seen = formThen(typed, press('r', { ctrl: true }), press('left'), ...type('x'));
    expect(seen.values.secrets.password.line.text).toBe('abcxd');
    expect(formThen(typed, press('u', { ctrl: true })).values.secrets.password.choice).toBe('none');
  });

  it('keeps the saved password until another one is typed or it is taken away', () => {
    const line = { text: '', cursor: 0 };
    const values = {
      ...empty.values,
      secrets: { ...empty.values.secrets, password: { choice: 'former' as const, line } },
    };
    const edit = at('password', { ...empty, initial: values, values });
    expect(formThen(edit, press('backspace')).values.secrets.password.choice).toBe('none');
    const typed = formThen(edit, ...type('x'));
    expect(typed.values.secrets.password.choice).toBe('typed');
    expect(isChanged(formThen(typed, press('backspace')))).toBe(false);
  });

  it('chooses the SSL mode by arrows and letters', () => {
    expect(formThen(at('sslMode'), press('right')).values.sslMode).toBe('require');
    expect(formThen(at('sslMode'), press('left')).values.sslMode).toBe('allow');
    expect(formThen(at('sslMode'), ...type('v')).values.sslMode).toBe('verify-ca');
    expect(formThen(at('sslMode'), ...type('vv')).values.sslMode).toBe('verify-full');
  });

  it('goes to the first field that is wrong when it is sent off', () => {
    const sent = formThen(at('save'), { kind: 'submitted', complaints: { username: 'x', host: 'y' } });
    expect(sent.focus).toBe('host');
    expect(sent.visited.has('tags')).toBe(true);
  });

  it('goes back to what it began with', () => {
    const changed = formThen(empty, ...type('x'), { kind: 'pasted', text: url });
    expect(isChanged(formThen(changed, { kind: 'reset' }))).toBe(false);
  });

  it.each<[string, FormState, Key, ReturnType<typeof commandOf>]>([
    ['Esc where nothing is changed', empty, key('escape'), 'leave'],
    ['Esc where something is', formThen(empty, ...type('x')), key('escape'), 'ask'],
    ['y to the question', { ...empty, leaving: true }, key('y', { typed: 'y' }), 'leave'],
    ['s to the question', { ...empty, leaving: true }, key('s', { typed: 's' }), 'save'],
    ['anything else to the question', { ...empty, leaving: true }, key('return'), 'stay'],
    ['Ctrl-T', empty, key('t', { ctrl: true }), 'test'],
    ['Ctrl-S', empty, key('s', { ctrl: true }), 'save'],
    ['Enter on a button', at('reset'), key('return'), 'reset'],
    ['Enter in a field', empty, key('return'), null],
    ['t in a field', empty, key('t', { typed: 't' }), null],
  ])('%s', (_what, state, pressed, command) => {
    expect(commandOf(state, pressed)).toBe(command);
  });
});
