import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort, isServing, startChild } from "./child.ts";
import type { Absent, Target } from "./target.ts";

function configuration(folder: string, port: number, upstreamPort: number): string {
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map(
    (name) => `  ${name}_temp_path ${folder}/${name};`,
  );
  return `daemon off;
worker_processes 1;
pid ${folder}/nginx.pid;
error_log stderr crit;
events { worker_connections 8192; }
http {
  access_log off;
${temporary.join("\n")}
  client_max_body_size 64m;
  client_body_buffer_size 1m;
  upstream model { server 127.0.0.1:${upstreamPort}; keepalive 64; }
  server {
    listen 127.0.0.1:${port};
    keepalive_requests 100000000;
    location = /livez { return 200; }
    location / {
      proxy_pass http://model;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_buffering off;
      proxy_read_timeout 600s;
    }
  }
}
`;
}

/** Starts nginx as a reverse proxy with one worker and kept connections, if it is installed. */
export async function startNginx(upstreamPort: number): Promise<Target | Absent> {
  const binary = Bun.which("nginx", { PATH: `${process.env.PATH}:/usr/sbin` });
  if (binary === null) return { name: "nginx", reason: "nginx is not installed (apt-get install nginx-light)" };
  const folder = mkdtempSync(join(tmpdir(), "lodestar-bench-nginx-"));
  const port = freePort();
  const file = join(folder, "nginx.conf");
  writeFileSync(file, configuration(folder, port, upstreamPort));
  const child = startChild({ command: [binary, "-p", folder, "-c", file] });
  const stop = async (): Promise<void> => {
    await child.stop();
    rmSync(folder, { recursive: true, force: true });
  };
  if (!(await isServing(`http://127.0.0.1:${port}/livez`, 5_000))) {
    await stop();
    return { name: "nginx", reason: "nginx did not start" };
  }
  return { name: "nginx", port, path: "/v1/chat/completions", headers: {}, model: "gpt-4o-mini", pid: child.pid, stop };
}
