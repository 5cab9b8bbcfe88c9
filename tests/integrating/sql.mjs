// Runs the SQL of docs/integrating.md on PostgreSQL. Reads {sql, identity, addresses} and writes the ids.
import { readFileSync } from "node:fs";
import { PGlite } from "@electric-sql/pglite";
import { pgcrypto } from "@electric-sql/pglite/contrib/pgcrypto";

const { sql, identity, addresses } = JSON.parse(readFileSync(0, "utf8"));
const database = await PGlite.create({ extensions: { pgcrypto } });
await database.exec(sql);
const query = "SELECT heed_id(address, decode($2, 'hex')) AS id FROM jsonb_array_elements_text($1) WITH ORDINALITY AS t(address, n) ORDER BY n";
const { rows } = await database.query(query, [JSON.stringify(addresses), identity]);
console.log(JSON.stringify(rows.map(({ id }) => id)));
await database.close();
