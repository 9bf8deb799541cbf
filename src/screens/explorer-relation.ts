import type { TableName } from '../connections/connection.ts';
import { describeSaved } from '../metadata/describe.ts';
import type { RelationDetail } from '../metadata/discovery.ts';
import { relationInContext } from '../metadata/relation-detail.ts';
import { quotedName } from '../metadata/relation-name.ts';
import { relationText } from '../output/relation-detail-text.ts';
import { foreignKeyText, incomingKeyText, plural } from '../output/relation-words.ts';
import { terminalSafe } from '../output/terminal-text.ts';
import type { Asking } from './ask.ts';
import { askFromList, type ListItem } from './explorer-list.ts';
import { type Explored, type ExplorerParts, type Step, sayError } from './explorer-parts.ts';
import { showSample } from './explorer-sample.ts';

/** How long the server may take for what a relation's page asks of it. Milliseconds. */
const patienceMs = 30_000;

type Action = Step | 'follow' | 'referencing' | 'sample' | 'details' | 'copy';

/** A relation's page: what it is, and what can be done from there. @throws InterruptedError */
export async function visitRelation(
  parts: ExplorerParts,
  { snapshot, relations }: Explored,
  name: TableName,
): Promise<Step> {
  const { asking, services, saved } = parts;
  const found = await relationInContext(await services.metadata(), snapshot, name, saved.name);
  if (found === null) {
    asking.stderr.write(`${asking.theme.caution('!')} ${shownName(name)} is no longer there\n`);
    return 'back';
  }
  const { detail } = found;
  asking.stderr.write(`\n${relationText(detail, await parts.view())}\n`);
  for (;;) {
    const action = await askAction(asking, detail);
    if (action === 'sample') await showSample(parts, name);
    else if (action === 'details') await showDetails(parts, detail);
    else if (action === 'copy') copyName(asking, name);
    else if (action === 'follow' || action === 'referencing') {
      const other = await askOther(asking, detail, action);
      if (other === null) continue;
      const isKnown = relations.some(
        ({ facts }) => facts.schema === other.schema && facts.name === other.name,
      );
      if (isKnown) return { at: 'relation', name: other };
      asking.stderr.write(
        `${asking.theme.caution('!')} ${shownName(other)} is not among what was discovered\n`,
      );
    } else return action;
  }
}

async function askAction(asking: Asking, detail: RelationDetail): Promise<Action> {
  const { foreignKeys, referencedBy } = detail;
  const items: ListItem<Action>[] = [
    ...(foreignKeys.length === 0
      ? []
      : [{ value: 'follow' as const, label: 'Follow a foreign key', note: String(foreignKeys.length) }]),
    ...(referencedBy.length === 0
      ? []
      : [{ value: 'referencing' as const, label: 'Referenced by', note: String(referencedBy.length) }]),
    { value: 'sample', label: 'Sample rows' },
    { value: 'details', label: 'Details', note: 'sizes, definitions, policies, grants' },
    { value: 'copy', label: 'Copy its name' },
    { value: 'back', label: 'Back' },
    { value: 'schemas', label: 'Another schema' },
    { value: 'refresh', label: 'Refresh' },
    { value: 'leave', label: 'Leave' },
  ];
  const message = `${detail.schema}.${detail.name}`;
  return (await askFromList(asking, { message, items, escape: 'back' })) ?? 'back';
}

/** The relation at the other end of a key; the only key there is needs no question. */
async function askOther(
  asking: Asking,
  { foreignKeys, referencedBy }: RelationDetail,
  direction: 'follow' | 'referencing',
): Promise<TableName | null> {
  const items: ListItem<TableName>[] =
    direction === 'follow'
      ? foreignKeys.map((key) => ({
          value: { schema: key.referencedSchema, name: key.referencedTable },
          label: `${key.referencedSchema}.${key.referencedTable}`,
          note: foreignKeyText(key),
        }))
      : referencedBy.map((key) => ({
          value: { schema: key.schema, name: key.table },
          label: `${key.schema}.${key.table}`,
          note: incomingKeyText(key),
        }));
  const [only] = items;
  if (only !== undefined && items.length === 1) return only.value;
  return askFromList(asking, { message: plural(items.length, 'key'), items, escape: 'back' });
}

async function showDetails({ asking, services, saved, view }: ExplorerParts, detail: RelationDetail) {
  try {
    const limits = { timeoutMs: patienceMs, signal: asking.signal };
    const details = await describeSaved(services, saved, detail, limits);
    asking.stderr.write(`\n${relationText({ ...detail, details }, await view())}\n`);
  } catch (error) {
    sayError(asking, error);
  }
}

/**
 * Writes the name for SQL into the clipboard by the terminal's own means (OSC 52), which works over SSH
 * too, and on a line of its own, to be selected where the terminal does not allow that.
 */
function copyName({ stderr, theme }: Asking, name: TableName): void {
  const text = quotedName(name);
  stderr.write(`\u001b]52;c;${Buffer.from(text).toString('base64')}\u0007`);
  stderr.write(`${terminalSafe(text)}\n${theme.faint('copied, where the terminal lets programs do so')}\n`);
}

function shownName({ schema, name }: TableName): string {
  return terminalSafe(`${schema}.${name}`);
}
