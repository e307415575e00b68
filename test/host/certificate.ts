import { readFileSync } from "node:fs";
import { join } from "node:path";
import { temporaryFolder } from "./temporary.ts";

/** A self-signed certificate for one name, made by openssl; null where that is not installed. */
export function testCertificate(name: string): { cert: string; key: string } | null {
  const openssl = Bun.which("openssl");
  if (openssl === null) return null;
  using folder = temporaryFolder();
  const [key, cert] = [join(folder.path, "key.pem"), join(folder.path, "cert.pem")];
  const subject = ["-subj", `/CN=${name}`, "-addext", `subjectAltName=DNS:${name}`];
  const curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"];
  const made = Bun.spawnSync([
    openssl,
    "req",
    "-x509",
    "-nodes",
    "-days",
    "2",
    ...curve,
    ...subject,
    "-keyout",
    key,
    "-out",
    cert,
  ]);
  return made.success ? { cert: readFileSync(cert, "utf8"), key: readFileSync(key, "utf8") } : null;
}
