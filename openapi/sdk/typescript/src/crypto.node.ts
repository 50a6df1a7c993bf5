/** WebCrypto of Node: `globalThis.crypto` is there from Node 20 on only. */
import { webcrypto as ours } from "node:crypto";

export const webcrypto = ours as unknown as Crypto;
