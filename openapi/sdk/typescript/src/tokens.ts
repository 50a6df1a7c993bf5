/** Access tokens: fetched when needed, renewed before they end. */

/** What a token is good for. */
export interface Grant {
  readonly accessToken: string;
  /** Seconds from now; left out: until it is refused. */
  readonly expiresIn?: number;
}

/**
 * Gives a token whenever a new one is needed, such as from the server of a portal, which keeps the
 * secret out of the browser.
 */
export type TokenProvider = () => Promise<Grant | string> | Grant | string;

/** Part of its life that a token is used for; the rest is for calls under way, and for clocks. */
const USED = 0.8;

/** Keeps one token; calls that need a new one at the same time share it. */
export class Tokens {
  readonly #provider: TokenProvider;
  #current: { token: string; until: number } | undefined;
  #coming: Promise<string> | undefined;

  constructor(provider: TokenProvider) {
    this.#provider = provider;
  }

  /** Return a token that is good for a while. */
  get(): Promise<string> {
    if (this.#current && Date.now() < this.#current.until) {
      return Promise.resolve(this.#current.token);
    }
    this.#coming ??= this.#renew().finally(() => {
      this.#coming = undefined;
    });
    return this.#coming;
  }

  /** Forget a token that was refused, by default the last one; another that has come is kept. */
  drop(token = this.#current?.token): void {
    if (this.#current?.token === token) {
      this.#current = undefined;
    }
  }

  async #renew(): Promise<string> {
    const given = await this.#provider();
    const grant = typeof given === "string" ? { accessToken: given } : given;
    const life = grant.expiresIn === undefined ? Infinity : grant.expiresIn * 1000 * USED;
    this.#current = { token: grant.accessToken, until: Date.now() + life };
    return grant.accessToken;
  }
}
