// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.sim;

import io.weft.api.LockMode;
import io.weft.cachefusion.spec.LockRules;
import io.weft.plugin.sim.options.LockWorkload;
import io.weft.plugin.sim.options.SimOptions;

/** Engines with one rule of the locks broken, for the planted-bug drill. */
enum LockMutant {
  L2("give an owner what the node itself was not granted") {
    @Override
    LockRules rules() {
      return new LockRules() {
        @Override
        public boolean isCovered(LockMode nodeMode, LockMode mode) {
          return true;
        }
      };
    }
  },
  L3("give an owner what another owner of the node excludes") {
    @Override
    LockRules rules() {
      return new LockRules() {
        @Override
        public boolean amongOwners(boolean compatible) {
          return true;
        }
      };
    }
  },
  L4("lower the node's mode below what its owners hold") {
    @Override
    LockRules rules() {
      return new LockRules() {
        @Override
        public boolean isDrained(LockMode target, LockMode held) {
          return true;
        }
      };
    }
  },
  L5("grant what another node excludes") {
    @Override
    LockRules rules() {
      return new LockRules() {
        @Override
        public boolean amongNodes(boolean compatible) {
          return true;
        }
      };
    }
  },
  L6("take a Down for the present grant, whichever it names") {
    @Override
    LockRules rules() {
      return new LockRules() {
        @Override
        public boolean isForGrant(long named, long present) {
          return true;
        }
      };
    }
  },
  L8("ask for less than the node has") {
    @Override
    LockRules rules() {
      return new LockRules() {
        @Override
        public boolean asksNoLess(LockMode asked, LockMode nodeMode) {
          return true;
        }
      };
    }
  },
  L10("keep the node's value when a grant brings a newer one") {
    @Override
    LockRules rules() {
      return new LockRules() {
        @Override
        public boolean isNewerValue(long known, long brought) {
          return false;
        }
      };
    }
  },
  L11("rebuild before all members have reported") {
    @Override
    LockRules rules() {
      return new LockRules() {
        @Override
        public boolean allReported(int missing) {
          return true;
        }
      };
    }
  },
  L12("serve before the leases of evicted nodes are over") {
    @Override
    LockRules rules() {
      return new LockRules() {
        @Override
        public boolean leasesOver(boolean over) {
          return true;
        }
      };
    }
  },
  L13_REPAIR("take the newest known value for the last one, after a repair") {
    @Override
    LockRules rules() {
      return new LockRules() {
        @Override
        public boolean isLostByRepair(boolean outsiderWrote) {
          return false;
        }
      };
    }
  },
  L13_REBUILD("take the newest known value for the last one, after a rebuild") {
    @Override
    LockRules rules() {
      return new LockRules() {
        @Override
        public boolean isLostByRebuild(boolean memberExcludesWriters) {
          return false;
        }
      };
    }
  },
  L14_REQUESTS("do not send requests again in a new view") {
    @Override
    LockRules rules() {
      return new LockRules() {
        @Override
        public boolean sendsRequestsAgain() {
          return false;
        }
      };
    }
  },
  L14_DOWNS("do not send Downs again in a new view") {
    @Override
    LockRules rules() {
      return new LockRules() {
        @Override
        public boolean sendsDownsAgain() {
          return false;
        }
      };
    }
  },
  L15("take up the grant that arrives last") {
    @Override
    LockRules rules() {
      return new LockRules() {
        @Override
        public boolean isNewGrant(long known, long brought) {
          return true;
        }
      };
    }
  },
  L19_GRANT("forget the number of the last grant") {
    @Override
    LockRules rules() {
      return new LockRules() {
        @Override
        public long numbersOn(long now) {
          return 0;
        }
      };
    }
  },
  L19_VALUE("forget the version of the value") {
    @Override
    LockRules rules() {
      return new LockRules() {
        @Override
        public long versionsOn(long now) {
          return 0;
        }
      };
    }
  },
  L9("forget a lock that nodes hold") {
    @Override
    LockRules rules() {
      return new LockRules() {
        @Override
        public boolean isUnused(boolean nobodyHolds) {
          return true;
        }
      };
    }
  },
  L22("serve a lock that is handed over") {
    @Override
    LockRules rules() {
      return new LockRules() {
        @Override
        public boolean ceasesToServe() {
          return false;
        }
      };
    }
  },
  L23("forget a message that a former master has not taken") {
    @Override
    LockRules rules() {
      return new LockRules() {
        @Override
        public boolean sendsAgain() {
          return false;
        }
      };
    }
  };

  private final String what;

  LockMutant(String what) {
    this.what = what;
  }

  abstract LockRules rules();

  /** The faults with which it shows. */
  SimOptions options(long seed) {
    return switch (this) {
      case L22, L23 -> SimOptions.withMoves(seed);
      default -> SimOptions.withFaults(seed);
    };
  }

  /** The users with whom it shows soon. */
  LockWorkload workload(long seed) {
    return switch (this) {
      case L8 -> LockWorkload.crosswise(seed);
      case L15, L19_GRANT, L19_VALUE -> LockWorkload.inAHurry(seed);
      default -> LockWorkload.of(seed);
    };
  }

  @Override
  public String toString() {
    return name() + ": " + what;
  }
}
