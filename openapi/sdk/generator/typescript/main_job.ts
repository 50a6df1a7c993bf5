// The main job with the SDK for TypeScript that openapi-generator makes, and an example of its use.

import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import {
  ClientsApi, Configuration, DeploymentsApi, InstancesApi, OauthApi, OperationsApi, ResellersApi,
  StoresApi, FetchError, ResponseError, InstanceFromJSON, StorePageFromJSON, StoreRunFromJSON,
  instanceOfOperation,
} from "./client/index.js";
import type { Operation } from "./client/index.js";

const TRIES = 10;
const FINAL = ["succeeded", "failed", "cancelled", "unknown"];

const operator = await signedIn(given("OPERATOR_CLIENT_ID"), given("OPERATOR_CLIENT_SECRET"));
tell("signed-in");
await register(operator);
tell("registered");
const first = await reseller(operator, "Northwind IT");
const second = await reseller(operator, "Southside Hosting");
tell("resellers");
const instance = await create(first);
tell("created");
await verify(first, instance);
tell("verified");
await requireAbsent(second, instance);
tell("absent");
const listed = await patiently(() => new InstancesApi(operator).list());
require(listed.items.some((each) => each.id === instance), "The operator sees the instance");
tell("seen");

/** The settings of a client with a token of its own. */
async function signedIn(clientId: string, clientSecret: string): Promise<Configuration> {
  const basePath = given("GATEWAY_URL");
  const oauth = new OauthApi(new Configuration({ basePath }));
  const token = await patiently(() =>
    oauth.createToken({ grantType: "client_credentials", clientId, clientSecret }));
  return new Configuration({ basePath, accessToken: token.accessToken });
}

/** Register the deployment, pinned to the certificate that was looked at before. */
async function register(as: Configuration): Promise<void> {
  const deployments = new DeploymentsApi(as);
  const place = { host: given("SPE_HOST"), port: Number(given("SPE_PORT")) };
  const { sha256 } = await patiently(() => deployments.probe({ probe: place }));
  require(sha256.toUpperCase() === given("SPE_THUMBPRINT").toUpperCase(), "The thumbprint is right");
  const deploymentCreate = {
    ...place,
    name: given("SPE_NAME"),
    userName: given("SPE_USER"),
    password: given("SPE_PASSWORD"),
    certificate: { pin: sha256 },
  };
  const idempotencyKey = randomUUID();
  await patiently(() => deployments.create({ deploymentCreate, idempotencyKey }));
}

/** Make a reseller with an API client, and sign that in. */
async function reseller(as: Configuration, name: string): Promise<Configuration> {
  const idempotencyKey = randomUUID();
  const made = await patiently(() =>
    new ResellersApi(as).create({ resellerCreate: { name }, idempotencyKey }));
  const clientCreate = { name: "Portal", reseller: made.id, roles: ["reseller-admin" as const] };
  const client = await patiently(() =>
    new ClientsApi(as).create({ clientCreate, idempotencyKey }));
  return signedIn(client.clientId, client.clientSecret ?? "");
}

/** Make an instance with a store and a user; return its id. */
async function create(as: Configuration): Promise<string> {
  const instanceCreate = {
    instanceID: given("SPE_NAME"),
    displayName: "Acme Corporation",
    archiveAdmin: true,
    store: { name: "Mail" },
    users: [{ userName: "jane.doe", password: "correct horse" }],
  };
  const idempotencyKey = randomUUID();
  const answer = await patiently(() =>
    new InstancesApi(as).create({ instanceCreate, idempotencyKey }));
  return (await finished(as, answer, InstanceFromJSON)).id;
}

/** Verify the first store of an instance, to its end. */
async function verify(as: Configuration, instance: string): Promise<void> {
  const stores = new StoresApi(as);
  const answer = await patiently(() => stores.list({ instance }));
  const page = await finished(as, answer, StorePageFromJSON);
  const store = page.items[0]!.id;
  const more = { prefer: "wait=0", idempotencyKey: randomUUID() };
  const call = { instance, store, storeVerificationRequest: {}, ...more };
  const begun = await patiently(() => stores.verify(call));
  require(!!begun && instanceOfOperation(begun), "Verifying goes on as an operation");
  await finished(as, begun, StoreRunFromJSON);
}

/** Another reseller's instance is not there. */
async function requireAbsent(as: Configuration, instance: string): Promise<void> {
  const instances = new InstancesApi(as);
  require((await patiently(() => instances.list())).items.length === 0, "The list is empty");
  const code = await patiently(() => instances.get({ instance })).then(
    () => "",
    async (error) => (await (error as ResponseError).response.json()).code,
  );
  require(code === "NOT_FOUND", "The instance is absent");
}

/** What a call gave at last: now, or by its operation if it was a 202. */
async function finished<T extends object>(
  as: Configuration,
  answer: object | null | undefined,
  read: (json: unknown) => T,
): Promise<T> {
  if (!answer || !instanceOfOperation(answer)) return answer as T;
  let operation: Operation = answer;
  while (!FINAL.includes(operation.status)) {
    const call = { operation: operation.id, prefer: "wait=20" };
    operation = await patiently(() => new OperationsApi(as).get(call));
  }
  require(operation.status === "succeeded", "The operation ends well");
  return read(operation.result);
}

/** Call, and again after 429, 503 or a lost answer; a change has its Idempotency-Key. */
async function patiently<T>(call: () => Promise<T>): Promise<T> {
  for (let tried = 1; ; tried++) {
    try {
      return await call();
    } catch (error) {
      const pause = pauseAfter(error);
      if (tried === TRIES || pause === undefined) throw error;
      await sleep(pause);
    }
  }
}

function pauseAfter(error: unknown): number | undefined {
  if (error instanceof FetchError) return 100;
  if (!(error instanceof ResponseError) || ![429, 503].includes(error.response.status)) return;
  return 1000 * Number(error.response.headers.get("Retry-After") ?? 1);
}

function given(name: string): string {
  return process.env[name] ?? "";
}

function require(isSo: boolean, what: string): void {
  if (!isSo) throw new Error(`This should be so, and is not: ${what}`);
}

function tell(step: string): void {
  console.log(JSON.stringify({ step }));
}
