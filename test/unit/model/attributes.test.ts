import assert from "node:assert/strict";
import { suite, test } from "node:test";

import {
  kindAttributes,
  kindAttributesOf,
  recordAttributes,
  resourceAttributes,
} from "../../../src/model/attributes.ts";

suite("the table of attributes", () => {
  test("no name stands for two things", () => {
    const names = [
      ...recordAttributes.map(({ name }) => name),
      ...resourceAttributes.map(({ name }) => name),
      ...kindAttributes.flatMap(({ nameAttribute, uidAttribute }) => [nameAttribute, uidAttribute]),
    ];
    assert.deepEqual(
      names.filter((name, index) => names.indexOf(name) !== index),
      [],
    );
  });

  test("a kind has attributes of its own only in its own API group", () => {
    const table = [
      ["Pod", "v1", "k8s.pod.name"],
      ["Pod", "", "k8s.pod.name"],
      ["Deployment", "apps/v1", "k8s.deployment.name"],
      ["Deployment", "apps/v2beta1", "k8s.deployment.name"],
      ["HorizontalPodAutoscaler", "autoscaling/v2", "k8s.hpa.name"],
      ["Service", "v1", "k8s.service.name"],
      ["Service", "serving.knative.dev/v1", undefined],
      ["Deployment", "v1", undefined],
      ["Node", "v1", undefined],
      ["Gadget", "example.org/v1", undefined],
      ["constructor", "", undefined],
    ] as const;
    for (const [kind, apiVersion, expected] of table) {
      assert.equal(kindAttributesOf(kind, apiVersion)?.nameAttribute, expected, `${kind} of ${apiVersion}`);
    }
  });
});
