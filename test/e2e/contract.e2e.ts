/** What the stand-in API server claims, asked of a real one: the same cases as test/contract/contract.test.ts. */
import { after, before, test } from "node:test";

import { contractCases } from "../contract/contract-cases.ts";
import { createLabTarget } from "../contract/lab-target.ts";
import type { OwnedLabTarget } from "../contract/lab-target.ts";
import { startControlPlane } from "../lab/control-plane.ts";
import { createLabFolder } from "../lab/lab-folder.ts";
import { labSuite } from "./lab-suite.ts";

await labSuite("Contract: a real kube-apiserver", () => {
  const started = new AsyncDisposableStack();
  let lab: OwnedLabTarget;
  before(async () => {
    const folder = started.use(await createLabFolder("contract"));
    const plane = started.use(await startControlPlane(folder, { controllers: false }));
    lab = started.use(await createLabTarget(plane));
  });
  after(() => started.disposeAsync());

  for (const { name, run } of contractCases) test(name, () => run(lab.target));
});
