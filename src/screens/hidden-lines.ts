/** How many lines there is no room for, in front of a help; nothing where all are to be seen. */
export function hiddenLines(above: number, below: number): string {
  const told = [...(above > 0 ? [`${above} above`] : []), ...(below > 0 ? [`${below} below`] : [])];
  return told.length === 0 ? '' : `${told.join(', ')} · `;
}
