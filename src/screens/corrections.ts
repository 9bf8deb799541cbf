import type { Stage, TestResult } from '../connections/connection.ts';
import type { Connector } from '../connections/connector.ts';
import { terminalSafe } from '../output/terminal-text.ts';
import { type Asking, askChoice, type Choice } from './ask.ts';
import { askField, askOtherPassword, type Field, fieldLabels, needsRoot } from './connection-fields.ts';
import type { ConnectionForm } from './connection-form.ts';

/** The field that a failure on a rung is mended in, as a rule. */
const suspects: Readonly<Record<Stage, Field | 'password'>> = {
  resolve: 'host',
  connect: 'host',
  tls: 'sslMode',
  authenticate: 'password',
  database: 'database',
  session: 'host',
  schema: 'schema',
  privileges: 'username',
};

/**
 * After a failed test: shows the fields with what they hold, and asks for those that are chosen, until
 * the test is to be run again. The cursor stands on the field that the failure points to.
 * @throws InterruptedError
 */
export async function askCorrections(
  asking: Asking,
  form: ConnectionForm,
  about: { readonly connector: Connector; readonly result: TestResult },
): Promise<void> {
  const { connector, result } = about;
  const stage = result.stages.find(({ status }) => status === 'failed')?.stage;
  let next: Field | 'password' | 'done' = stage === undefined ? 'host' : suspects[stage];
  if (next === 'sslMode' && needsRoot(form.input)) next = 'sslRootCert';
  for (;;) {
    const chosen: Field | 'password' | 'done' = await askChoice(asking, 'Change', choicesOf(form), next);
    if (chosen === 'done') return;
    if (chosen === 'password') {
      const former = form.password?.kind === 'none' ? 'none, as it was' : 'as it was';
      // Where the form holds none, the saved one stays: that of an edit is not read for it.
      const password = await askOtherPassword(asking, 'Password', former);
      if (password) form.password = password;
    } else {
      await askField(asking, chosen, form.input, { connector, preset: undefined });
      if (chosen === 'sslMode' && needsRoot(form.input) && !form.input.sslRootCert) {
        await askField(asking, 'sslRootCert', form.input, { connector, preset: undefined });
      }
    }
    next = 'done';
  }
}

function choicesOf({ input }: ConnectionForm): Choice<Field | 'password' | 'done'>[] {
  const width = Math.max(...Object.values(fieldLabels).map((label) => label.length));
  const field = (value: Field) => ({
    value,
    name: `${fieldLabels[value].padEnd(width)}  ${terminalSafe(String(input[value] ?? '–'))}`,
  });
  return [
    ...(['host', 'port', 'database', 'username'] as const).map(field),
    { value: 'password', name: 'Password' },
    ...(['schema', 'sslMode'] as const).map(field),
    ...(needsRoot(input) ? [field('sslRootCert')] : []),
    { value: 'done', name: 'Nothing more: test again' },
  ];
}
