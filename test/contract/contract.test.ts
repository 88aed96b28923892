import { suite, test } from "node:test";

import { contractCases } from "./contract-cases.ts";
import { startStandinTarget } from "./standin-target.ts";

suite("contract: the stand-in API server", () => {
  for (const { name, run } of contractCases) {
    test(name, async () => {
      await using standin = await startStandinTarget();
      await run(standin.target);
    });
  }
});
