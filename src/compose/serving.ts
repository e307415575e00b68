import type { Settings } from "../config/settings.ts";
import { failure, type Result, success } from "../core/result.ts";
import { createAdminApp } from "../http/admin/admin.ts";
import type { AdminContext } from "../http/admin/context.ts";
import { createApiHandler } from "../http/app.ts";
import { type CliProblem, failureProblem } from "../terminal/problem.ts";
import { apiContext } from "./api.ts";
import { type Answerer, type Listener, listen } from "./listener.ts";
import type { Opening } from "./opening.ts";

/** Both open ports. */
export interface Listeners {
  readonly api: Listener;
  readonly admin: Listener;
  /** The wanted admin port, where it was taken and another one is used. */
  readonly takenAdminPort: number | null;
}

/** How far the search for a free admin port goes. */
const ADMIN_PORTS = 50;
/** The admin API takes short requests only. */
const MAX_ADMIN_BODY_BYTES = 1024 * 1024;
/** The API reads no body beyond `server.maxBody`, and answers in its client's dialect; what is not read is not kept. */
const ANY_BODY_BYTES = Number.MAX_SAFE_INTEGER;

function portProblem(name: "API" | "admin", flag: string, port: number, message: string): CliProblem {
  return {
    ...failureProblem(
      "port_in_use",
      `The ${name} port ${port} cannot be opened: ${message}.`,
      `choose another with ${flag}`,
    ),
    facts: { port, name },
  };
}

function openPort(opening: Opening, host: string, port: number, maxBodyBytes: number, answer: Answerer) {
  return listen({
    host,
    port,
    maxBodyBytes,
    answer,
    broken: (error) => opening.log.write("error", "a request broke outside its handler", { stack: error.stack }),
  });
}

function openAdminPort(
  opening: Opening,
  settings: Settings,
  answer: Answerer,
): Result<{ listener: Listener; taken: number | null }, CliProblem> {
  const { host, adminPort, isAdminPortExplicit } = settings.server;
  const last = isAdminPortExplicit || adminPort === 0 ? adminPort : adminPort + ADMIN_PORTS;
  let message = "";
  for (let port = adminPort; port <= last; port++) {
    const opened = openPort(opening, host, port, MAX_ADMIN_BODY_BYTES, answer);
    if (opened.ok) return success({ listener: opened.value, taken: port === adminPort ? null : adminPort });
    message = opened.error.isTaken ? "it is in use" : opened.error.message;
    if (!opened.error.isTaken) break;
  }
  return failure(portProblem("admin", "--admin-port", adminPort, message));
}

/** Opens both ports: the API, whose readiness `isReady` tells, and the admin surface. All or none. */
export async function openListeners(
  opening: Opening,
  isReady: () => boolean,
  admin: AdminContext,
): Promise<Result<Listeners, CliProblem>> {
  const { settings } = opening.runtime.loaded();
  const { host, port } = settings.server;
  const api = openPort(opening, host, port, ANY_BODY_BYTES, createApiHandler(apiContext(opening, isReady)));
  if (!api.ok) {
    return failure(portProblem("API", "--port", port, api.error.isTaken ? "it is in use" : api.error.message));
  }
  const adminApp = createAdminApp(admin);
  const opened = openAdminPort(opening, settings, (request) => adminApp.fetch(request));
  if (!opened.ok) {
    await api.value.close();
    return opened;
  }
  return success({ api: api.value, admin: opened.value.listener, takenAdminPort: opened.value.taken });
}
