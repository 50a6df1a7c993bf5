/** Client of spe-gateway, the REST gateway before MailStore SPE. */

export { Gateway, type GatewayOptions } from "./gateway.js";
export { etagOf, type CallOptions, type HeaderOptions } from "./calls.js";
export type { components, operations, paths } from "./generated/contract.js";
export type { Nouns } from "./generated/nouns.js";
export { Begun, Operation, type WaitOptions } from "./operation.js";
export { Pages } from "./pages.js";
export {
  ConnectionLost,
  GatewayError,
  OperationFailed,
  Problem,
  type InputFault,
  type OperationState,
  type ProblemBody,
} from "./problem.js";
export type { ServerSentEvent } from "./streams.js";
export type { Grant, TokenProvider } from "./tokens.js";
export type { Retry } from "./transport.js";
export {
  verifyWebhook,
  WebhookRejected,
  type CloudEvent,
  type Delivery,
  type WebhookOptions,
} from "./webhooks.js";

import type { components } from "./generated/contract.js";

/** The shapes of the contract, by their names: `Schemas["Instance"]`. */
export type Schemas = components["schemas"];
