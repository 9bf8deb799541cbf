import type { RelationDetail } from '../metadata/discovery.ts';
import { section } from './discovery-markdown.ts';
import { markdownCode, markdownText } from './markdown-text.ts';
import { type DetailEntry, detailLists, detailPairs } from './relation-details-words.ts';
import { incomingKeyText, typeText } from './relation-words.ts';

/** A page of a data dictionary: one relation (GitHub's Markdown). */
export function relationMarkdown(detail: RelationDetail): string {
  const { connection, schema, takenAt, details } = detail;
  let text = `# ${markdownText(connection)}\n\nread ${takenAt}\n\n## ${markdownText(schema)}\n`;
  text += section(detail);
  const now = new Date(details?.readAt ?? takenAt);
  const pairs = detailPairs(details, now).flatMap(([key, value]) =>
    value === null ? [] : `${key}: ${value}`,
  );
  const lists: [string, DetailEntry[]][] = [
    ['Referenced by', detail.referencedBy.map(incomingKeyText)],
    ['Types', detail.types.map(typeText)],
    ['On the server', pairs],
    ...detailLists(details),
  ];
  for (const [title, entries] of lists) {
    if (entries.length > 0) text += `\n${title}:\n\n${entries.map(itemText).join('')}`;
  }
  return text;
}

/** What is laid out on lines is code. */
function itemText(entry: DetailEntry): string {
  return typeof entry === 'string' ? `- ${markdownText(entry)}\n` : markdownCode('sql', entry.lines);
}
