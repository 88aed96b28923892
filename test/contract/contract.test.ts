import { suite, test } from "node:test";

import { contractCases, expiryCase } from "./contract-cases.ts";
import { startStandinTarget } from "./standin-target.ts";

suite("contract: the stand-in API server", () => {
  for (const { name, run } of [...contractCases, expiryCase]) {
    test(name, async () => {
      await using standin = await startStandinTarget();
      await run(standin.target);
    });
  }
});
