/** WebCrypto, as browsers, Deno and workers have it. */
export const webcrypto: Crypto = globalThis.crypto;
