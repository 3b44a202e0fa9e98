// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.sim;

import io.weft.cachefusion.Rules;

/**
 * Engines with one rule broken, for the planted-bug drill. Those of CacheFusionMutants that bite
 * without crashes, and the mutations of the protocol study that a test suite must catch.
 */
enum Mutant {
  R2("ship a block before its redo is durable") {
    @Override
    Rules rules() {
      return new Rules() {
        @Override
        protected boolean flushedBeforeShip(long redoLsn, long durableLsn) {
          return true;
        }
      };
    }
  },
  R3("write a block before its redo is durable") {
    @Override
    Rules rules() {
      return new Rules() {
        @Override
        protected boolean flushedBeforeWrite(long redoLsn, long durableLsn) {
          return true;
        }
      };
    }
  },
  R4("ship or drop a block with an own write in flight") {
    @Override
    Rules rules() {
      return new Rules() {
        @Override
        protected boolean ioIdle(boolean writing) {
          return true;
        }
      };
    }
  },
  R6("evict a dirty block") {
    @Override
    Rules rules() {
      return new Rules() {
        @Override
        protected boolean clean(boolean dirty) {
          return true;
        }
      };
    }
  },
  R6_ANSWER("drop an evicted block without waiting for the answer") {
    @Override
    Rules rules() {
      return new Rules() {
        @Override
        protected boolean waitsForReleaseAnswer() {
          return false;
        }
      };
    }
  },
  R7("do not wait for the acknowledgements of invalidations") {
    @Override
    Rules rules() {
      return new Rules() {
        @Override
        protected boolean allAcked(long invalidated, long acked) {
          return true;
        }
      };
    }
  },
  R8("grant exclusively without invalidating the other sharers") {
    @Override
    Rules rules() {
      return new Rules() {
        @Override
        protected long others(long sharers, int requester, int source) {
          return 0;
        }
      };
    }
  },
  R9("start the next transaction before the one under way is done") {
    @Override
    Rules rules() {
      return new Rules() {
        @Override
        protected boolean idle(boolean transactionUnderWay) {
          return true;
        }
      };
    }
  },
  R10("accept a release that crosses a forward") {
    @Override
    Rules rules() {
      return new Rules() {
        @Override
        protected boolean crossing(
            boolean transactionUnderWay, boolean exclusive, boolean senderIsSource) {
          return false;
        }
      };
    }
  },
  R19("read an evicting copy") {
    @Override
    Rules rules() {
      return new Rules() {
        @Override
        protected boolean frozen(boolean releasing) {
          return false;
        }
      };
    }
  };

  private final String meaning;

  Mutant(String meaning) {
    this.meaning = meaning;
  }

  String meaning() {
    return meaning;
  }

  /** The rules with this one broken. */
  abstract Rules rules();
}
