import { connectionSchema } from '../../src/connections/schema.ts';
import type { TestServer } from './postgres.ts';
import { newScript, type Script } from './script.ts';

/** A shop to read from and a lake to load into, on a real server, and a catalog that has both. */
export interface PipelineStage {
  /** Has the passwords in its environment. */
  readonly script: Script;
  /** Runs SQL as the superuser in the shop's database; `<reader>` is the reader's name. */
  inShop(sql: string): Promise<void>;
  /** In the lake's database; `<loader>` is the loader's name. */
  inLake(sql: string): Promise<void>;
  /** Saves another connection to the shop, or the lake. */
  save(name: string, of: 'shop' | 'lake', ...flags: string[]): Promise<void>;
}

/** `shop` may read app.orders and app.items, and not app.pins; `lake` may write all of its schema app. */
export async function setThePipelineStage(server: TestServer): Promise<PipelineStage> {
  const [reader, loader] = [await server.createRole(), await server.createRole()];
  const shop = await server.createDatabase(`
    create schema app; grant usage on schema app to ${reader.name};
    create table app.orders (id int); create table app.items (id int); create table app.pins (id int);
    grant select on app.orders, app.items to ${reader.name};`);
  const lake = await server.createDatabase(`create schema app authorization ${loader.name};`);
  const script = newScript().given({
    env: { SHOP_PASSWORD: reader.password, LAKE_PASSWORD: loader.password },
  });
  const save: PipelineStage['save'] = async (name, of, ...flags) => {
    const [database, user, role, variable] =
      of === 'shop'
        ? [shop, reader, 'source', 'SHOP_PASSWORD']
        : [lake, loader, 'destination', 'LAKE_PASSWORD'];
    await script.answer(connectionSchema)`connections add --name ${name} --role ${role} --host localhost
      --port ${server.port} --database ${database.name} --username ${user.name} --schema app
      --ssl-mode verify-full --ssl-root-cert ${server.caFile} --password-ref ${`env:${variable}`} ${flags}`;
  };
  await save('shop', 'shop');
  await save('lake', 'lake');
  return {
    script,
    save,
    inShop: async (sql) => void (await server.run(sql.replaceAll('<reader>', reader.name), shop.name)),
    inLake: async (sql) => void (await server.run(sql.replaceAll('<loader>', loader.name), lake.name)),
  };
}
