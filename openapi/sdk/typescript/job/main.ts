/**
 * The main job: from an empty gateway to a verified store, by three clients.
 *
 * What it finds in its environment and what it prints: openapi/sdk/README.md.
 */

import { Gateway, Problem, type Schemas } from "@spe-gateway/client";

const PASSWORD = "correct horse battery";

/** Say that a step is done. */
function done(step: string, members: object = {}): void {
  console.log(JSON.stringify({ step, ...members }));
}

function environment(name: string): string {
  const found = process.env[name];
  if (found === undefined) {
    throw new Error(`${name} is missing.`);
  }
  return found;
}

function require(isSo: boolean, what: string): void {
  if (!isSo) {
    throw new Error(what);
  }
}

const url = environment("GATEWAY_URL");
const name = environment("SPE_NAME");

function signedIn(clientId: string, clientSecret: string): Gateway {
  return new Gateway({
    url,
    clientId,
    clientSecret,
    onRetry: ({ method, status, pause }) =>
      console.error(`${method} again in ${pause.toFixed(1)} s (${status ?? "no answer"})`),
  });
}

/** Register the deployment: its certificate is compared before a password is sent. */
async function registered(operator: Gateway): Promise<Schemas["Deployment"]> {
  const place = { host: environment("SPE_HOST"), port: Number(environment("SPE_PORT")) };
  const pin = environment("SPE_THUMBPRINT");
  const shown = await operator.deployments.probe(place);
  require(shown.sha256.toLowerCase() === pin.toLowerCase(), "This is another certificate.");
  const access = { userName: environment("SPE_USER"), password: environment("SPE_PASSWORD") };
  return operator.deployments.create({ name, ...place, ...access, certificate: { pin } });
}

/** Make a reseller with an API client, and sign that in. */
async function reseller(operator: Gateway, called: string): Promise<Gateway> {
  const made = await operator.resellers.create({ name: `${called} of ${name}` });
  const client = await operator.clients.create({
    name: "Portal",
    reseller: made.id,
    roles: ["reseller-admin"],
  });
  require(client.clientSecret !== null, "The secret was lost on its way.");
  return signedIn(client.clientId, String(client.clientSecret));
}

/** Make an instance with a store and a user. */
function created(gateway: Gateway, deployment: string): Promise<Schemas["Instance"]> {
  const body = {
    instanceID: name,
    displayName: "Acme Corporation",
    deployment,
    archiveAdmin: true,
    store: { name: "Mail" },
    users: [{ userName: "jane.doe", password: PASSWORD }],
  };
  return gateway.instances.create(body).wait();
}

/** Verify the first store, and look on. */
async function verified(gateway: Gateway, instance: string): Promise<string> {
  const [store] = await gateway.stores.list({ instance }).all();
  require(store !== undefined, "There is no store.");
  const path = { instance, store: store!.id };
  const operation = await gateway.stores.verify(path, { includeIndexes: true }, { wait: 0 });
  const run = await operation.wait({
    onProgress: ({ status, percentProgress }) => console.error(status, percentProgress ?? ""),
  });
  require(run.finished === true, "The verification has not finished.");
  return String(operation.state?.status);
}

/** For another reseller, the instance is not there. */
async function absent(gateway: Gateway, instance: string): Promise<void> {
  require((await gateway.instances.list().all()).length === 0, "Somebody else's is listed.");
  const problem: unknown = await gateway.instances.get({ instance }).catch((error) => error);
  require(problem instanceof Problem && problem.code === "NOT_FOUND", "This should be a 404.");
}

/** The operator walks over all instances to this one. */
async function seen(gateway: Gateway, instance: string): Promise<Schemas["Instance"]> {
  for await (const each of gateway.instances.list({ limit: 1 })) {
    if (each.id === instance) {
      return each;
    }
  }
  throw new Error("The operator does not see the instance.");
}

const operator = signedIn(environment("OPERATOR_CLIENT_ID"), environment("OPERATOR_CLIENT_SECRET"));
await operator.me.get();
done("signed-in");
const deployment = await registered(operator);
done("registered", { deployment: deployment.id });
const first = await reseller(operator, "Northwind IT");
const second = await reseller(operator, "Southside Hosting");
done("resellers");
const instance = await created(first, deployment.id);
done("created", { instance: instance.id });
done("verified", { status: await verified(first, instance.id) });
await absent(second, instance.id);
done("absent");
const { status } = await seen(operator, instance.id);
done("seen", { status });
