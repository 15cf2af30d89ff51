type Listing<Row> = { items: Row[]; next?: string | null };

/** Read a list to its end, page by page. */
export async function everyPage<Row>(page: (after?: string) => Promise<Listing<Row>>): Promise<Row[]> {
  const rows: Row[] = [];
  let after: string | undefined;
  do {
    const { items, next } = await page(after);
    rows.push(...items);
    after = next ?? undefined;
  } while (after);
  return rows;
}
