/**
 * Receive the webhooks of a spe-gateway, and lose none. Node 18 or newer, no dependencies.
 *
 * Each event is verified, written to a file of JSON lines, and on the disk (fsync) before the
 * gateway hears that it has arrived: whatever kills this process, an event is in the file, or the
 * gateway sends it again. An event that comes twice is written once.
 *
 * Make a webhook with `POST /webhooks`, write the secret that it shows once into a file, and run:
 *
 *     echo 'whsec_…' > secrets.txt
 *     node webhook_receiver.mjs --secrets secrets.txt --events events.jsonl --port 8099
 *
 * behind a proxy that ends TLS: the gateway sends to https addresses only. In a laboratory, start
 * the gateway with `SPE_GATEWAY_WEBHOOK_NETWORKS=127.0.0.0/8`, and http://127.0.0.1:8099/ will do as
 * well.
 *
 * The file may hold several secrets, one a line, and is read for each delivery. So to change the
 * secret, add the new one that `POST /webhooks/{webhook}/rotate-secret` shows, and take the old one
 * away after that; both sign for a day.
 *
 * What is verified is Standard Webhooks 1.0.0 (https://www.standardwebhooks.com): HMAC-SHA256 over
 * `{webhook-id}.{webhook-timestamp}.{body}` with the bytes that follow `whsec_` in base64.
 */

import { createHmac, timingSafeEqual } from "node:crypto";
import fs from "node:fs";
import { createServer } from "node:http";
import path from "node:path";
import { parseArgs } from "node:util";

/** Seconds that the sender's clock and ours may differ; what is older may be a replay. */
const TOLERANCE = 300;

/** Bytes of a body. Events are thin; nobody gets us to read more. */
const LARGEST = 1_048_576;

const PREFIX = "whsec_";
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/** A delivery that is not taken. The status is never 410, which would disable the webhook. */
class Refused extends Error {
  constructor(status, reason) {
    super(reason);
    this.status = status;
  }
}

/**
 * Verify a delivery, and return its id.
 *
 * @param {object} headers with their names in lower case, as node:http has them
 * @param {Buffer} body exactly the bytes that came
 * @param {string[]} secrets those that count now, each beginning with `whsec_`
 * @param {number} now Unix time in seconds
 * @throws {Refused} it is not from the gateway, was altered, or is too old
 */
function verify(headers, body, secrets, now) {
  const id = headers["webhook-id"];
  const timestamp = headers["webhook-timestamp"];
  const signatures = headers["webhook-signature"];
  if (!id || !timestamp || !signatures) {
    throw new Refused(400, "A header of Standard Webhooks is missing.");
  }
  if (!/^[0-9]{1,15}$/.test(timestamp)) {
    throw new Refused(400, "The timestamp is no Unix time.");
  }
  const signed = Buffer.concat([Buffer.from(`${id}.${timestamp}.`, "latin1"), body]);
  const expected = secrets.map((secret) => signature(secret, signed));
  // Every pair is compared, each in constant time: how long it takes says nothing.
  const fits = signatures
    .split(" ")
    .flatMap((each) => expected.map((known) => isEqual(each, known)));
  if (!fits.includes(true)) {
    throw new Refused(401, "No signature fits.");
  }
  if (Math.abs(now - Number(timestamp)) > TOLERANCE) {
    throw new Refused(400, "The delivery is too old, or from the future.");
  }
  return id;
}

function signature(secret, signed) {
  const key = Buffer.from(secret.slice(PREFIX.length), "base64");
  return "v1," + createHmac("sha256", key).update(signed).digest("base64");
}

function isEqual(one, other) {
  const [left, right] = [Buffer.from(one, "latin1"), Buffer.from(other, "latin1")];
  return left.length === right.length && timingSafeEqual(left, right);
}

/** Return the secrets of a file, one a line. */
function secretsIn(file) {
  const found = fs.readFileSync(file, "ascii").split(/\s+/).filter(Boolean);
  for (const secret of found) {
    if (!secret.startsWith(PREFIX) || !BASE64.test(secret.slice(PREFIX.length))) {
      throw new Error(`A secret in ${file} is not ${PREFIX} and base64.`);
    }
  }
  if (found.length === 0) {
    throw new Error(`There is no secret in ${file}.`);
  }
  return found;
}

/**
 * A file of JSON lines: `{"webhookId", "receiveTime", "event"}`, each id once.
 *
 * One process at a time writes it, and everything here is synchronous: one event after the other.
 */
class Inbox {
  constructor(file) {
    this.file = fs.openSync(file, "a+");
    this.seen = this.#read(file);
    const folder = fs.openSync(path.dirname(file), "r");
    fs.fsyncSync(folder); // a file that was just made is in its folder now, also after a power cut
    fs.closeSync(folder);
  }

  /**
   * Return the ids that are there; half a line, of a write that was cut off, is taken off.
   * It was never answered, so the gateway sends it again.
   */
  #read(file) {
    const whole = fs.readFileSync(file);
    const complete = whole.subarray(0, whole.lastIndexOf("\n") + 1);
    fs.ftruncateSync(this.file, complete.length);
    const lines = complete.toString("utf8").split("\n").filter(Boolean);
    return new Set(lines.map((line) => JSON.parse(line).webhookId));
  }

  /** Write an event down, and return when it is on the disk; false if it was there. */
  put(id, event) {
    if (this.seen.has(id)) {
      return false;
    }
    const entry = { webhookId: id, receiveTime: new Date().toISOString(), event };
    this.#append(Buffer.from(JSON.stringify(entry) + "\n"));
    this.seen.add(id);
    return true;
  }

  /** Append a whole line, or nothing of it: a full disk leaves no half one behind. */
  #append(line) {
    const end = fs.fstatSync(this.file).size;
    try {
      if (fs.writeSync(this.file, line) !== line.length) {
        throw new Error("The line was written in part only.");
      }
      fs.fsyncSync(this.file);
    } catch (error) {
      fs.ftruncateSync(this.file, end);
      throw error;
    }
  }
}

async function bodyOf(request) {
  const parts = [];
  let length = 0;
  for await (const part of request) {
    length += part.length;
    if (length > LARGEST) {
      throw new Refused(413, "The body is too large.");
    }
    parts.push(part);
  }
  return Buffer.concat(parts);
}

function parsed(body) {
  try {
    return JSON.parse(body.toString("utf8"));
  } catch {
    throw new Refused(400, "The body is no JSON.");
  }
}

async function take(request, inbox, secrets) {
  if (request.method !== "POST") {
    throw new Refused(405, "Deliveries are posted.");
  }
  const body = await bodyOf(request);
  const id = verify(request.headers, body, secretsIn(secrets), Date.now() / 1000);
  inbox.put(id, parsed(body));
}

function serve(inbox, secrets) {
  return createServer({ requestTimeout: 10_000 }, async (request, response) => {
    try {
      await take(request, inbox, secrets);
      response.writeHead(204).end();
      console.error(`${request.method} 204`);
    } catch (error) {
      const refused = error instanceof Refused;
      if (!refused) {
        console.error("not kept:", error.message); // the gateway tries again later
      }
      const reason = refused ? error.message : "It could not be kept.";
      console.error(`${request.method} ${refused ? error.status : 500} ${reason}`);
      response.writeHead(refused ? error.status : 500, {
        "Content-Type": "text/plain; charset=utf-8",
        Connection: "close", // what was not read is no next request
      });
      response.end(reason + "\n");
    }
  });
}

const { values } = parseArgs({
  options: {
    secrets: { type: "string" },
    events: { type: "string" },
    host: { type: "string", default: "127.0.0.1" },
    port: { type: "string", default: "8099" },
  },
});
if (!values.secrets || !values.events) {
  console.error("usage: node webhook_receiver.mjs --secrets FILE --events FILE [--host] [--port]");
  process.exit(2);
}
secretsIn(values.secrets);
const server = serve(new Inbox(values.events), values.secrets);
server.listen(Number(values.port), values.host, () => {
  console.log(`http://${values.host}:${server.address().port}/`);
});
