import type { ContractTarget } from "./contract-target.ts";

export interface ContractCase<T extends ContractTarget = ContractTarget> {
  readonly name: string;
  /** Uses names of its own; cases may run one after the other against one target, in this order. */
  readonly run: (target: T) => Promise<void>;
}
