import { describe, expect, test } from 'vitest';
import {
  connectionSchema,
  deletedNamesSchema,
  doctorReportSchema,
  testResultListSchema,
} from '../../src/connections/schema.ts';
import { addPipeline } from '../support/pipelines.ts';
import { newScript, type Script } from '../support/script.ts';
import { majors, serverFor } from '../support/servers.ts';

/** Saves connections of these names, without passwords. @returns their ids, by name */
async function save(script: Script, ...names: string[]): Promise<Record<string, string>> {
  const ids: Record<string, string> = {};
  for (const name of names) {
    const { id } = await script.answer(connectionSchema)`connections add --role source --name ${name}
      --host db.example.com --username app --no-password`;
    ids[name] = id;
  }
  return ids;
}

async function namesOf(script: Script): Promise<string[]> {
  return (await script.saved()).map(({ name }) => name);
}

describe('duplicate', () => {
  test('saves the same endpoint in the other role, never tested', async () => {
    const script = newScript();
    const orders = await script.answer(connectionSchema)`connections add --role source --name Orders
      --host db.abc.supabase.co --port 6543 --database shop --username app --schema sales --ssl-mode require
      --option keepalives=0 --tag prod --password-ref env:SHOP_PASSWORD`;

    const copy = await script.answer(
      connectionSchema,
    )`connections duplicate Orders --name ${'Orders target'}`;
    const back = await script.answer(
      connectionSchema,
    )`connections duplicate ${copy.id} --name ${'Orders again'}`;
    const same = await script.answer(
      connectionSchema,
    )`connections duplicate Orders --name Twin --role source`;

    const { id, createdAt, updatedAt } = copy;
    expect(id).not.toBe(orders.id);
    const inItsRole = { name: 'Orders target', role: 'destination', allowWrite: true };
    expect(copy).toEqual({ ...orders, id, createdAt, updatedAt, ...inItsRole });
    expect([back.role, same.role]).toEqual(['source', 'source']);
    expect(await namesOf(script)).toEqual(['Orders', 'Orders again', 'Orders target', 'Twin']);
  });

  test('refuses a taken name, a missing one and an unknown original', async () => {
    const script = newScript();
    await save(script, 'Orders', 'Taken');

    expect((await script.refused(4)`connections duplicate Orders --name Taken`).code).toBe('name_taken');
    expect((await script.refused(2)`connections duplicate Orders`).code).toBe('missing_flags');
    expect((await script.refused(2)`connections duplicate Orders --name ${' '}`).code).toBe('bad_name');
    expect((await script.refused(3)`connections duplicate Nothing --name Copy`).code).toBe(
      'no_such_connection',
    );
    expect(await namesOf(script)).toEqual(['Orders', 'Taken']);
  });

  test.each(majors)(
    'gives the copy a secret of its own, which outlives the original, on PostgreSQL %i',
    async (major) => {
      const server = serverFor(major);
      const role = await server.createRole();
      const database = await server.createDatabase(`create schema sales authorization ${role.name}`);
      const script = newScript().given({ stdin: role.password });
      await script.answer(connectionSchema)`connections add --role source --name Orders --host localhost
      --port ${server.port} --database ${database.name} --schema sales --username ${role.name}
      --ssl-mode verify-full --ssl-root-cert ${server.caFile} --password-stdin`;

      const copy = await script.answer(connectionSchema)`connections duplicate Orders --name Target`;
      await script.answer(deletedNamesSchema)`connections delete Orders --yes`;
      const [result] = await script.answer(testResultListSchema)`connections test Target`;

      expect(copy.secret).toEqual({ kind: 'vault' });
      expect(result?.stages.map(({ stage, status }) => [stage, status])).toEqual([
        ['resolve', 'passed'],
        ['connect', 'passed'],
        ['tls', 'passed'],
        ['authenticate', 'passed'],
        ['database', 'passed'],
        ['session', 'passed'],
        ['schema', 'passed'],
        ['privileges', 'passed'],
      ]);
    },
  );
});

describe('delete', () => {
  test('takes several, by name or id, each once', async () => {
    const script = newScript();
    const ids = await save(script, 'a', 'b', 'c');

    const deleted = await script.answer(deletedNamesSchema)`connections delete c ${ids.a ?? ''} c --yes`;

    expect(deleted).toEqual(['c', 'a']);
    expect(await namesOf(script)).toEqual(['b']);
  });

  test('is all or nothing when a name is unknown', async () => {
    const script = newScript();
    await save(script, 'a', 'b');

    const refused = await script.refused(3)`connections delete a nothing b --yes`;

    expect(refused).toMatchObject({
      code: 'no_such_connection',
      message: expect.stringContaining('"nothing"'),
    });
    expect(await namesOf(script)).toEqual(['a', 'b']);
  });

  test('needs --yes where nobody can be asked', async () => {
    const script = newScript();
    await save(script, 'a', 'my orders');

    const refused = await script.refused(4)`connections delete a ${'my orders'}`;

    expect(refused.code).toBe('not_confirmed');
    // The fix can be typed as it is.
    expect(refused.fix).toBe("jackfield connections delete a 'my orders' --yes");
    expect(await namesOf(script)).toEqual(['a', 'my orders']);
  });

  test('refuses what a pipeline uses, unless forced, and then nothing of the rest is deleted', async () => {
    const script = newScript();
    const ids = await save(script, 'a', 'b', 'used as source');
    await script.answer(connectionSchema)`connections duplicate a --name ${'used as target'}`;
    await addPipeline(script, 'nightly', { source: ids['used as source'] ?? '' });
    await addPipeline(script, 'hourly', { destination: 'used as target' });

    const refused = await script.refused(4)`connections delete a ${'used as source'} b --yes`;
    expect(refused).toMatchObject({
      code: 'connection_in_use',
      message: 'used as source is used by the active pipeline nightly',
      fix: expect.stringContaining("jackfield connections delete 'used as source' --force"),
    });
    expect((await script.refused(4)`connections delete ${'used as target'} --yes`).code).toBe(
      'connection_in_use',
    );
    // --force answers one question, --yes the other.
    expect((await script.refused(4)`connections delete ${'used as source'} --force`).code).toBe(
      'not_confirmed',
    );
    expect(await script.saved()).toHaveLength(6);

    const names = ['a', 'used as source', 'used as target'];
    expect(await script.answer(deletedNamesSchema)`connections delete ${names} --yes --force`).toEqual(names);
    expect(await namesOf(script)).toEqual(['b', 'hourly end', 'nightly end']);
  });

  test('takes the password with it, without opening the vault', async () => {
    const script = newScript();
    await script
      .given({ stdin: 'hunter2' })
      .answer(connectionSchema)`connections add --role source --name Orders
      --host db.example.com --username app --password-stdin`;
    const locked = script.given({ env: { JACKFIELD_KEY_FILE: undefined } });

    await locked.answer(deletedNamesSchema)`connections delete Orders --yes`;

    const findings = await locked.answer(doctorReportSchema)`doctor`;
    expect(findings).toContainEqual(
      expect.objectContaining({
        check: 'secrets',
        status: 'ok',
        message: expect.stringMatching(/^0 stored/),
      }),
    );
  });

  test('frees the name for another', async () => {
    const script = newScript();
    const first = await save(script, 'Orders');
    await script.jackfield`connections rm Orders --yes`;

    const second = await save(script, 'Orders');

    expect(second.Orders).not.toBe(first.Orders);
    expect((await script.refused(3)`connections show ${first.Orders ?? ''}`).code).toBe('no_such_connection');
  });
});
