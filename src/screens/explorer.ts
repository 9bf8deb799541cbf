import type { TableName } from '../connections/connection.ts';
import type { RelationSummary, Snapshot } from '../metadata/store.ts';
import { grouped, plural } from '../output/relation-words.ts';
import { askFromList, type ListItem } from './explorer-list.ts';
import { type Explored, type ExplorerParts, type Place, type Step, sayError } from './explorer-parts.ts';
import { visitRelation } from './explorer-relation.ts';

/**
 * Lets the user walk from schemas to relations, and along foreign keys, until they leave.
 * @param start where to begin; null: at the schemas
 * @throws InterruptedError
 */
export async function explore(
  parts: ExplorerParts,
  snapshot: Snapshot,
  start: TableName | null,
): Promise<void> {
  let explored = await load(parts, snapshot);
  const way: Place[] = [{ at: 'schemas' }];
  if (start !== null) way.push({ at: 'relation', name: start });
  for (let place = way.at(-1); place !== undefined; place = way.at(-1)) {
    const step = await visit(parts, explored, place);
    if (step === 'leave') return;
    if (step === 'back') way.pop();
    else if (step === 'schemas') way.length = 1;
    else if (step === 'refresh') explored = await refreshed(parts, explored);
    else way.push(step);
  }
}

async function load(parts: ExplorerParts, snapshot: Snapshot): Promise<Explored> {
  const store = await parts.services.metadata();
  const relations: RelationSummary[] = [];
  for await (const page of store.summaries(snapshot)) relations.push(...page);
  return { snapshot, relations };
}

/** A refresh that fails is no reason to leave. */
async function refreshed(parts: ExplorerParts, former: Explored): Promise<Explored> {
  try {
    return await load(parts, await parts.refresh());
  } catch (error) {
    sayError(parts.asking, error);
    return former;
  }
}

async function visit(parts: ExplorerParts, explored: Explored, place: Place): Promise<Step> {
  if (place.at === 'schemas') return askSchema(parts, explored);
  if (place.at === 'relations') return askRelation(parts, explored, place.schema);
  return visitRelation(parts, explored, place.name);
}

async function askSchema({ asking, saved }: ExplorerParts, explored: Explored): Promise<Step> {
  const { snapshot, relations } = explored;
  const counts = new Map(snapshot.schemas.map((name) => [name, 0]));
  for (const { facts } of relations) counts.set(facts.schema, (counts.get(facts.schema) ?? 0) + 1);
  const items: ListItem<Step>[] = [...counts].map(([schema, count]) => ({
    value: { at: 'relations', schema },
    label: schema,
    note: plural(count, 'relation'),
  }));
  if (items.length > 1) {
    const note = plural(relations.length, 'relation');
    items.push({ value: { at: 'relations', schema: null }, label: 'All schemas', note });
  }
  items.push({ value: 'refresh', label: 'Refresh' }, { value: 'leave', label: 'Leave' });
  const message = `${saved.name}: schema`;
  return (await askFromList(asking, { message, items, escape: 'leave' })) ?? 'leave';
}

async function askRelation(
  { asking }: ExplorerParts,
  { relations }: Explored,
  schema: string | null,
): Promise<Step> {
  const items: ListItem<Step>[] = [];
  for (const { facts, columns } of relations) {
    if (schema !== null && facts.schema !== schema) continue;
    const { name, kind, estimatedRows, comment } = facts;
    const notes = [
      kind,
      ...(estimatedRows === null ? [] : [`~${grouped(estimatedRows)} rows`]),
      plural(columns, 'column'),
      ...(comment === null ? [] : [`– ${comment}`]),
    ];
    items.push({
      value: { at: 'relation', name: { schema: facts.schema, name } },
      label: schema === null ? `${facts.schema}.${name}` : name,
      note: notes.join(' '),
      ...(comment !== null && { more: comment }),
    });
  }
  const message = schema === null ? 'Relation of any schema' : `Relation of ${schema}`;
  return (await askFromList(asking, { message, items, escape: 'back' })) ?? 'back';
}
