/**
 * Follows an export to its end: by WebSocket, which sends the state at once and then its changes, and by polling while there
 * is no connection. It waits for a server that is gone to come back.
 */
import * as api from "./api.js";

const ASK_EVERY = 2000;
const SOONEST = 500;
const LATEST = 10_000;
const OVER = new Set(["complete", "error", "cancelled"]);

/**
 * Follow an export; `onState(state)` is called with every state, the last one with `done`, and with {away: true} while the
 * server does not answer. The function that is returned ends it.
 */
export function follow(exportId, onState) {
  let ended = false;
  let socket = null;
  let tries = 0;
  let asking = 0;
  let connecting = 0;

  function hear(state) {
    if (ended) return;
    if (state.done) stop();
    onState(state);
  }

  function connect() {
    if (ended) return;
    socket = api.exportSocket(exportId);
    socket.onmessage = (event) => {
      if (event.data === "pong") return;
      tries = 0;
      clearInterval(asking);
      asking = 0;
      hear(JSON.parse(event.data));
    };
    socket.onclose = () => {
      if (ended) return;
      if (!asking) asking = setInterval(ask, ASK_EVERY);
      const after = Math.min(LATEST, SOONEST * 2 ** tries);
      tries += 1;
      connecting = setTimeout(connect, after);
    };
  }

  async function ask() {
    try {
      const found = await api.exported(exportId);
      hear({ ...found, done: OVER.has(found.state) });
    } catch (problem) {
      if (!(problem instanceof api.Problem)) throw problem;
      if (problem.status === 404) hear({ export_id: exportId, state: "error", stage: "", progress: 0, done: true, error: problem.members });
      else if (!ended) onState({ away: true });
    }
  }

  function stop() {
    ended = true;
    clearInterval(asking);
    clearTimeout(connecting);
    socket?.close();
  }

  connect();
  return stop;
}
