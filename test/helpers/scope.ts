/**
 * Where a helper registers what must be undone. A test's context is one (`t`), so is what
 * `openScope` makes for programs that are not tests.
 */
export interface Scope {
  after(undo: () => void | Promise<void>): void;
}

export interface OpenScope extends Scope {
  /** Undoes everything, last first. A failing undo does not keep the others from running. */
  close(): Promise<void>;
}

/** A scope for the benchmark and for tools; tests pass their own context instead. */
export function openScope(): OpenScope {
  const undos: (() => void | Promise<void>)[] = [];
  return {
    after(undo) {
      undos.push(undo);
    },
    async close() {
      const failures: unknown[] = [];
      for (;;) {
        const undo = undos.pop();
        if (undo === undefined) break;
        try {
          await undo();
        } catch (error) {
          failures.push(error);
        }
      }
      if (failures.length > 0) throw new AggregateError(failures, 'clean-up failed');
    },
  };
}
