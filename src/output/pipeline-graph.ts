import type { Pipeline } from '../pipelines/pipeline.ts';
import { terminalSafe } from './terminal-text.ts';

/**
 * Where connections are used, as a flowchart of Mermaid (https://mermaid.js.org/syntax/flowchart.html):
 * sources to the left, pipelines between, destinations to the right. What is paused is dashed, what was
 * deleted is red.
 */
export function whereUsedGraph(pipelines: readonly Pipeline[]): string {
  const nodes: string[] = [];
  const edges: string[] = [];
  const ids = new Map<string, string>();
  const connectionNode = (side: Pipeline['source'], role: string): string => {
    const key = side.id ?? `${role} ${side.name}`;
    const known = ids.get(key);
    if (known !== undefined) return known;
    const id = `c${ids.size + 1}`;
    ids.set(key, id);
    const lost = side.status === 'disconnected';
    nodes.push(`${id}[("${label(side.name)}${lost ? '<br>deleted' : ''}")]${lost ? ':::disconnected' : ''}`);
    return id;
  };
  for (const [index, { name, state, status, source, destination }] of pipelines.entries()) {
    const id = `p${index + 1}`;
    const from = connectionNode(source, 'source');
    const to = connectionNode(destination, 'destination');
    const word = status === 'disconnected' ? 'disconnected' : state === 'paused' ? 'paused' : null;
    nodes.push(
      `${id}["${label(name)}${word === null ? '' : `<br>${word}`}"]${word === null ? '' : `:::${word}`}`,
    );
    const arrow = (side: Pipeline['source']) =>
      side.status === 'disconnected' ? '-. disconnected .->' : state === 'paused' ? '-.->' : '-->';
    edges.push(`${from} ${arrow(source)} ${id}`, `${id} ${arrow(destination)} ${to}`);
  }
  const styles = [
    'classDef paused stroke-dasharray: 4',
    'classDef disconnected stroke: #c00, color: #c00, stroke-dasharray: 4',
  ];
  return `${['flowchart LR', ...[...nodes, ...edges, ...styles].map((line) => `  ${line}`)].join('\n')}\n`;
}

/** A text within quotes, where nothing is taken for Mermaid, Markdown or HTML: by its entity codes. */
function label(text: string): string {
  return terminalSafe(text).replace(/[^\p{L}\p{N} ._/-]/gu, (char) => `#${char.codePointAt(0)};`);
}
