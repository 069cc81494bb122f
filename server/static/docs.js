// The API page: opens what an address names, and sends requests that are tried out, with a token or the browser's session.
const token = document.getElementById("token");

/** The address of a tried request: its path with the values in it, and its query. */
function address(form) {
  const given = (place) => [...form.querySelectorAll(`[data-in="${place}"]`)].filter((each) => each.value);
  const filled = given("path").reduce((path, each) => path.replace(`{${each.dataset.name}}`, encodeURIComponent(each.value)), form.dataset.path);
  const query = new URLSearchParams(given("query").map((each) => [each.dataset.name, each.value]));
  return query.size ? `${filled}?${query}` : filled;
}

/** Method, headers and body of a tried request. */
function request(form) {
  const all = (place) => [...form.querySelectorAll(`[data-in="${place}"]`)];
  const headers = new Headers(all("header").filter((each) => each.value).map((each) => [each.dataset.name, each.value]));
  if (token.value) headers.set("authorization", `Bearer ${token.value}`);
  const [json] = all("json");
  const [file] = all("file");
  if (json) headers.set("content-type", "application/json");
  const fields = all("form").filter((each) => each.value).map((each) => [each.dataset.name, each.value]);
  const body = json?.value ?? file?.files[0] ?? (fields.length ? new URLSearchParams(fields) : undefined);
  return { method: form.dataset.method, headers, body, credentials: token.value ? "omit" : "same-origin" };
}

/** The body of an answer as text, or its size. */
async function bodyOf(answer) {
  const kind = answer.headers.get("content-type") ?? "";
  if (kind.includes("json")) return JSON.stringify(await answer.json(), null, 2);
  if (kind.startsWith("text/")) return answer.text();
  return `${(await answer.blob()).size} bytes ${kind}`;
}

async function send(form) {
  const place = form.querySelector("output");
  place.textContent = "Sending…";
  const shown = document.createElement("pre");
  shown.tabIndex = 0;
  shown.setAttribute("role", "region");
  shown.setAttribute("aria-label", "the answer");
  try {
    const answer = await fetch(address(form), request(form));
    shown.textContent = `${answer.status} ${answer.statusText}\n\n${await bodyOf(answer)}`;
  } catch (failed) {
    shown.textContent = `The request failed: ${failed.message}`;
  }
  place.replaceChildren(shown);
}

/** Open what the address names, in the form of this page or of the one before it: #/group/operation. */
function openNamed() {
  const [name] = decodeURIComponent(location.hash.slice(1)).split("/").slice(-1);
  const found = document.getElementById(name);
  if (found instanceof HTMLDetailsElement) found.open = true;
  found?.scrollIntoView();
}

for (const form of document.querySelectorAll(".try")) {
  form.hidden = false;
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    void send(form);
  });
}
document.querySelector(".token").hidden = false;
addEventListener("hashchange", openNamed);
if (location.hash) openNamed();
