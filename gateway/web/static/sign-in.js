"use strict";

/* Signing in on the reference page. The secret is forgotten as soon as it was sent; the token is
   kept in the memory of the page alone, and goes when it is closed or loaded anew. */

const SCHEME = "bearer";
const byId = (id) => document.getElementById(id);

/** Say what is wrong; nothing when all is well. */
function sayTrouble(words) {
  byId("trouble").textContent = words;
  byId("trouble").hidden = !words;
}

/** Return the JSON of an answer. Errors: what the gateway says is wrong. */
async function answered(request) {
  const answer = await request;
  const said = await answer.json();
  if (!answer.ok) {
    throw new Error(said.error_description ?? said.detail ?? `The gateway answered ${answer.status}.`);
  }
  return said;
}

/** Return a token for the id and the secret that were typed.

   `omit`: else a browser answers a 401 with a window of its own, which asks for a password. */
async function tokenOfClient() {
  const body = new URLSearchParams({
    grant_type: "client_credentials",
    client_id: byId("client-id").value.trim(),
    client_secret: byId("client-secret").value,
  });
  byId("client-secret").value = "";
  return (await answered(fetch("oauth/token", { method: "POST", body, credentials: "omit" }))).access_token;
}

/** Return the token that was pasted. */
function tokenPasted() {
  const token = byId("token").value.trim();
  byId("token").value = "";
  return token;
}

/** Return when a token ends, in milliseconds; what is not a JWT ends now. */
function endOf(token) {
  try {
    const claims = token.split(".")[1].replaceAll("-", "+").replaceAll("_", "/");
    return JSON.parse(atob(claims)).exp * 1000;
  } catch {
    return Date.now();
  }
}

/** Connect the form with Swagger UI. */
function followSignIn(ui) {
  let ending;
  const show = (isSignedIn) => {
    byId("sign-in").hidden = isSignedIn;
    byId("signed-in").hidden = !isSignedIn;
  };
  const signOut = (words = "") => {
    clearTimeout(ending);
    ui.authActions.logout([SCHEME]);
    show(false);
    sayTrouble(words);
  };
  const signIn = async () => {
    const token = byId("way").value === "client" ? await tokenOfClient() : tokenPasted();
    const headers = { Authorization: `Bearer ${token}` };
    const me = await answered(fetch("me", { headers }));
    const end = endOf(token);
    ui.preauthorizeApiKey(SCHEME, token);
    byId("who").textContent = `Signed in for ${me.resellerName}, until ${new Date(end).toTimeString().slice(0, 5)}`;
    ending = setTimeout(() => signOut("The token has ended: sign in again."), end - Date.now());
    show(true);
    sayTrouble("");
  };
  byId("sign-in").addEventListener("submit", (event) => {
    event.preventDefault();
    signIn().catch((error) => sayTrouble(error.message));
  });
  byId("sign-out").addEventListener("click", () => signOut());
  byId("way").addEventListener("change", () => {
    const isClient = byId("way").value === "client";
    byId("client-id").hidden = byId("client-secret").hidden = !isClient;
    byId("token").hidden = isClient;
  });
}
