// Runs statements on PostgreSQL. Reads [{sql, parameters}] and writes the rows of each. Without parameters, sql may be several.
import { readFileSync } from "node:fs";
import { PGlite } from "@electric-sql/pglite";
import { pgcrypto } from "@electric-sql/pglite/contrib/pgcrypto";

const database = await PGlite.create({ extensions: { pgcrypto } });
const results = [];
for (const { sql, parameters } of JSON.parse(readFileSync(0, "utf8"))) {
  if (parameters) results.push((await database.query(sql, parameters)).rows);
  else results.push((await database.exec(sql)).at(-1)?.rows ?? []);
}
console.log(JSON.stringify(results));
await database.close();
