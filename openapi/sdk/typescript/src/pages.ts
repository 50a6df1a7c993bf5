/** Lists, over all their pages. */

/** What a page may tell about the next one. */
interface Turning {
  readonly items?: readonly unknown[];
  readonly nextCursor?: string | null;
  readonly after?: number;
  readonly isLast?: boolean;
}

/** What to ask for the next page, by the names of query parameters. */
export type Next = { readonly cursor: string } | { readonly after: number };

/** A list that is asked for page by page, as it is walked. */
export class Pages<T, P> implements AsyncIterable<T> {
  /** @param ask asks for a page; the first one without an argument */
  constructor(private readonly ask: (next?: Next) => Promise<P>) {}

  async *[Symbol.asyncIterator](): AsyncGenerator<T, void, undefined> {
    for await (const page of this.pages()) {
      yield* ((page as Turning).items ?? []) as readonly T[];
    }
  }

  /** Walk page by page, for what a page says beside its items. */
  async *pages(): AsyncGenerator<P, void, undefined> {
    let next: Next | undefined;
    do {
      const page = await this.ask(next);
      yield page;
      next = following(page as Turning);
    } while (next);
  }

  /** Ask for the first page only. */
  first(): Promise<P> {
    return this.ask();
  }

  /** Return all items of all pages. */
  async all(): Promise<T[]> {
    const found: T[] = [];
    for await (const each of this) {
      found.push(each);
    }
    return found;
  }
}

function following(page: Turning): Next | undefined {
  if (page.nextCursor) {
    return { cursor: page.nextCursor };
  }
  // A log has no last page, but a last one for now.
  return page.isLast === false && page.after !== undefined ? { after: page.after } : undefined;
}
