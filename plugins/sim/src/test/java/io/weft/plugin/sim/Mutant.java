// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.sim;

import io.weft.api.NodeId;
import io.weft.api.NodeSet;
import io.weft.cachefusion.spec.Rules;
import io.weft.plugin.sim.node.RecoveryRules;
import io.weft.plugin.sim.options.Bounds;
import io.weft.plugin.sim.options.SimOptions;
import io.weft.plugin.sim.storage.NodeLog;
import io.weft.recovery.membership.AgreementRules;
import io.weft.recovery.replay.OwnBuckets;
import io.weft.spi.directory.BucketMap;
import java.util.List;
import java.util.function.LongFunction;

/**
 * Engines and memberships with one rule broken, for the planted-bug drill: those of
 * CacheFusionMutants, and the mutations of the protocol study that a test suite must catch.
 */
enum Mutant {
  R2("ship a block before its redo is durable") {
    @Override
    Rules rules() {
      return new Rules() {
        @Override
        public boolean flushedBeforeShip(long redoLsn, long durableLsn) {
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
        public boolean flushedBeforeWrite(long redoLsn, long durableLsn) {
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
        public boolean ioIdle(boolean writing) {
          return true;
        }
      };
    }
  },
  R5("keep no past image", true) {
    @Override
    Rules rules() {
      return new Rules() {
        @Override
        public boolean keepsPastImage(boolean dirty) {
          return false;
        }
      };
    }
  },
  R6("evict a dirty block") {
    @Override
    Rules rules() {
      return new Rules() {
        @Override
        public boolean clean(boolean dirty) {
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
        public boolean waitsForReleaseAnswer() {
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
        public boolean allAcked(int missing) {
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
        public NodeSet others(NodeSet sharers, int requester, int source) {
          return NodeSet.NONE;
        }
      };
    }
  },
  R9("start the next transaction before the one under way is done") {
    @Override
    Rules rules() {
      return new Rules() {
        @Override
        public boolean idle(boolean transactionUnderWay) {
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
        public boolean crossing(
            boolean transactionUnderWay, boolean exclusive, boolean senderIsSource) {
          return false;
        }
      };
    }
  },
  R1("handle messages of older epochs", true) {
    @Override
    Rules rules() {
      return new Rules() {
        @Override
        public boolean isOfEpoch(long messageEpoch, long epoch) {
          return true;
        }
      };
    }

    @Override
    RecoveryRules recovery() {
      return new RecoveryRules() {
        @Override
        public boolean dropsOldEpochs() {
          return false;
        }
      };
    }
  },
  R11_R27("report a copy that is being released", true) {
    @Override
    Rules rules() {
      return new Rules() {
        @Override
        public boolean reportsReleasing() {
          return true;
        }
      };
    }
  },
  R12("do not fence", true) {
    @Override
    RecoveryRules recovery() {
      return new RecoveryRules() {
        @Override
        public boolean fences() {
          return false;
        }
      };
    }
  },
  R13("rebuild from the reports that happen to be in", true) {
    @Override
    Rules rules() {
      return new Rules() {
        @Override
        public boolean allReported(int missing) {
          return true;
        }
      };
    }
  },
  R13_PARTS("take the first part of a report for all of it", true) {
    @Override
    Rules rules() {
      return new Rules() {
        @Override
        public boolean allParts(int seen, int parts) {
          return seen == 1;
        }
      };
    }

    @Override
    SimOptions options(long seed) {
      return SimOptions.withFaults(seed);
    }
  },
  R14("serve before the leases of the evicted are over", true) {
    @Override
    RecoveryRules recovery() {
      return new RecoveryRules() {
        @Override
        public boolean waitsForLeases() {
          return false;
        }
      };
    }
  },
  R14_CLOCK("judge a lease by a clock that stands still while the machine is suspended", true) {
    @Override
    RecoveryRules recovery() {
      return new RecoveryRules() {
        @Override
        public boolean countsSuspendedTime() {
          return false;
        }
      };
    }

    @Override
    SimOptions options(long seed) {
      return SimOptions.withClockFaults(seed);
    }
  },
  R15("recover from the disk though a past image is newer", true) {
    @Override
    Rules rules() {
      return new Rules() {
        @Override
        public boolean needsPastImage(long diskVersion, long pastVersion) {
          return false;
        }
      };
    }
  },
  R16("replay no redo", true) {
    @Override
    RecoveryRules recovery() {
      return new RecoveryRules() {
        @Override
        public List<NodeLog> pool(List<NodeLog> all, NodeSet members) {
          return List.of();
        }
      };
    }
  },
  R17("throw the redo of failed nodes away when it has been used", true) {
    @Override
    RecoveryRules recovery() {
      return new RecoveryRules() {
        @Override
        public boolean keepsRedoUntilWritten() {
          return false;
        }
      };
    }
  },
  R18("do not send open requests again", true) {
    @Override
    Rules rules() {
      return new Rules() {
        @Override
        public boolean repeatsRequests() {
          return false;
        }
      };
    }
  },
  R24("keep an entry although a transaction was under way", true) {
    @Override
    Rules rules() {
      return new Rules() {
        @Override
        public boolean keepsEntry(boolean idle, boolean insidersOnly) {
          return insidersOnly;
        }
      };
    }
  },
  R25("keep an entry that names a node outside the view", true) {
    @Override
    Rules rules() {
      return new Rules() {
        @Override
        public boolean keepsEntry(boolean idle, boolean insidersOnly) {
          return idle;
        }
      };
    }
  },
  R28("let a part of a change become durable", true) {
    @Override
    RecoveryRules recovery() {
      return new RecoveryRules() {
        @Override
        public boolean keepsChangesWhole() {
          return false;
        }
      };
    }
  },
  R30("do not send releases again", true) {
    @Override
    Rules rules() {
      return new Rules() {
        @Override
        public boolean repeatsReleases() {
          return false;
        }
      };
    }
  },
  R32("after the stop of all, leave out the redo of those that start again", true) {
    @Override
    RecoveryRules recovery() {
      return new RecoveryRules() {
        @Override
        public List<NodeLog> pool(List<NodeLog> all, NodeSet members) {
          return all.stream().filter(log -> !members.contains(log.process().node())).toList();
        }
      };
    }
  },
  OWN_BUCKETS("index the redo of half of the blocks that a node masters", true) {
    @Override
    RecoveryRules recovery() {
      return new RecoveryRules() {
        @Override
        public OwnBuckets indexed(BucketMap masters, int node) {
          return OwnBuckets.of(new EvenBuckets(masters), node);
        }
      };
    }
  },
  LEASE_ANSWER("count a lease from the answer of the registry instead of from the question") {
    @Override
    RecoveryRules recovery() {
      return new RecoveryRules() {
        @Override
        public AgreementRules agreement() {
          return new AgreementRules() {
            @Override
            protected long leaseBegins(long askedNs, long answeredNs) {
              return answeredNs;
            }
          };
        }
      };
    }

    @Override
    SimOptions options(long seed) {
      return SimOptions.ofTwoAtASlowRegistry(seed);
    }
  },
  MISSING_LOG("take a log that has vanished for one that was deleted") {
    @Override
    RecoveryRules recovery() {
      return new RecoveryRules() {
        @Override
        public boolean missesLogs() {
          return false;
        }
      };
    }

    @Override
    SimOptions options(long seed) {
      return SimOptions.withMembership(seed);
    }
  },
  OTHER_STORAGE("start although directories of the storage are empty") {
    @Override
    RecoveryRules recovery() {
      return new RecoveryRules() {
        @Override
        public boolean checksStorage() {
          return false;
        }
      };
    }

    @Override
    SimOptions options(long seed) {
      return SimOptions.withMembership(seed);
    }
  },
  OTHER_SETTINGS("work together with nodes whose settings differ") {
    @Override
    RecoveryRules recovery() {
      return new RecoveryRules() {
        @Override
        public boolean comparesSettings() {
          return false;
        }
      };
    }

    @Override
    SimOptions options(long seed) {
      return SimOptions.withMembership(seed);
    }
  },
  UNKNOWN_HEADER("recover a block from redo alone though nobody can read its header", true) {
    @Override
    Rules rules() {
      return new Rules() {
        @Override
        public boolean mayLackNewest(boolean headerUnreadable) {
          return false;
        }
      };
    }

    @Override
    SimOptions options(long seed) {
      return SimOptions.withFaults(seed);
    }
  },
  STORE_FULL("take a write that found no space for done", true) {
    @Override
    Rules rules() {
      return new Rules() {
        @Override
        public boolean writesAgain(boolean foundNoSpace) {
          return false;
        }
      };
    }

    @Override
    SimOptions options(long seed) {
      return SimOptions.withFaults(seed);
    }
  },
  R33("spare a busy entry the fence though an outsider is involved", true) {
    @Override
    Rules rules() {
      return new Rules() {
        @Override
        public boolean sparesFence(boolean insidersOnly) {
          return true;
        }
      };
    }
  },
  R20("refuse a prefetch, but take the asker for a sharer") {
    @Override
    Rules rules() {
      return new Rules() {
        @Override
        public boolean sharesAfterRefusal() {
          return true;
        }
      };
    }
  },
  R21("let callers wait for a prefetch that was refused") {
    @Override
    Rules rules() {
      return new Rules() {
        @Override
        public boolean asksAgain() {
          return false;
        }
      };
    }
  },
  R22("tell nobody that a read has failed") {
    @Override
    Rules rules() {
      return new Rules() {
        @Override
        public boolean closesFailed() {
          return false;
        }
      };
    }
  },
  R23("take the end of a failed read for success") {
    @Override
    Rules rules() {
      return new Rules() {
        @Override
        public boolean holdsAfterDone(boolean failed) {
          return true;
        }
      };
    }
  },
  R26("refuse the release of what is not held", true) {
    @Override
    Rules rules() {
      return new Rules() {
        @Override
        public boolean refusesRelease(boolean holds, boolean crosses) {
          return !holds || crosses;
        }
      };
    }
  },
  R29("keep entries although a view was skipped", true) {
    @Override
    Rules rules() {
      return new Rules() {
        @Override
        public boolean nothingSkipped(long view, long before) {
          return true;
        }
      };
    }
  },
  R31("report while own writes of older epochs are under way", true) {
    @Override
    Rules rules() {
      return new Rules() {
        @Override
        public boolean settled(int oldWrites) {
          return true;
        }
      };
    }
  },
  R34("have a past image written although the disk is newer", true) {
    @Override
    Rules rules() {
      return new Rules() {
        @Override
        public boolean needsPastImage(long diskVersion, long pastVersion) {
          return true;
        }
      };
    }
  },
  R35("recover before the fence is up and the logs are read", true) {
    @Override
    RecoveryRules recovery() {
      return new RecoveryRules() {
        @Override
        public boolean waitsForFence() {
          return false;
        }
      };
    }
  },
  NUMBERS("forget the reserved system change numbers when all nodes have stopped") {
    @Override
    RecoveryRules recovery() {
      return new RecoveryRules() {
        @Override
        public boolean remembersNumbers() {
          return false;
        }
      };
    }

    @Override
    SimOptions options(long seed) {
      return SimOptions.withMildMembership(seed);
    }
  },
  NUMBERS_EARLY("give out a system change number before it is reserved") {
    @Override
    RecoveryRules recovery() {
      return new RecoveryRules() {
        @Override
        public boolean waitsForNumbers() {
          return false;
        }
      };
    }

    @Override
    SimOptions options(long seed) {
      return SimOptions.withMildMembership(seed).bounded(new Bounds(0, 1, 0));
    }
  },
  R36("take a block for on disk before its writer has forced it", true) {
    @Override
    Rules rules() {
      return new Rules() {
        @Override
        public boolean countsOnlyForced() {
          return false;
        }
      };
    }
  },
  R37("trust what recovery finds on disk, whoever wrote it", true) {
    @Override
    Rules rules() {
      return new Rules() {
        @Override
        public boolean writesFoundAgain() {
          return false;
        }
      };
    }
  },
  R39("move a bucket that is not recovered", SimOptions::withMoves) {
    @Override
    Rules rules() {
      return new Rules() {
        @Override
        public boolean movable(boolean served) {
          return true;
        }
      };
    }
  },
  R40("begin transactions of a bucket that is to move", SimOptions::withMoves) {
    @Override
    Rules rules() {
      return new Rules() {
        @Override
        public boolean frozenForMove() {
          return false;
        }
      };
    }
  },
  R41("hand a bucket over while transactions are open", SimOptions::withMoves) {
    @Override
    Rules rules() {
      return new Rules() {
        @Override
        public boolean closed(int openTransactions) {
          return true;
        }
      };
    }
  },
  R42("serve a bucket until its new master answers", SimOptions::withMoves) {
    @Override
    Rules rules() {
      return new Rules() {
        @Override
        public boolean ceasesToServe() {
          return false;
        }
      };
    }
  },
  R43("leave the queue behind when a bucket moves", SimOptions::withMoves) {
    @Override
    Rules rules() {
      return new Rules() {
        @Override
        public boolean queueTravels() {
          return false;
        }
      };
    }
  },
  R45("take old news of a move for new", SimOptions::withMoves) {
    @Override
    Rules rules() {
      return new Rules() {
        @Override
        public boolean isNews(int number, int known) {
          return true;
        }
      };
    }
  },
  R46("do not send again what a former master has not taken", SimOptions::withMoves) {
    @Override
    Rules rules() {
      return new Rules() {
        @Override
        public boolean repeatsMoved() {
          return false;
        }
      };
    }
  },
  R47("inform the master that the map names of the end of a transaction", SimOptions::withMoves) {
    @Override
    Rules rules() {
      return new Rules() {
        @Override
        public int closer(int began, int mapped) {
          return mapped;
        }
      };
    }
  },
  R49("keep a bucket that was handed over", SimOptions::withMoves) {
    @Override
    Rules rules() {
      return new Rules() {
        @Override
        public boolean keepsSent() {
          return true;
        }
      };
    }
  },
  CHECKPOINT("take a block for unchanged while a change has it that may be logged", true) {
    @Override
    Rules rules() {
      return new Rules() {
        @Override
        public boolean mayBeLogged(boolean underChange) {
          return false;
        }
      };
    }
  },
  S14("let a directory know as many blocks as there are", SimOptions::withFullDirectoriesOnly) {
    @Override
    Rules rules() {
      return new Rules() {
        @Override
        public boolean hasRoom(int entries, int most) {
          return true;
        }
      };
    }
  },
  PAST_BOUND("keep as many past images as there are") {
    @Override
    Rules rules() {
      return new Rules() {
        @Override
        public boolean noRoom(boolean pastImagesFull) {
          return false;
        }
      };
    }
  },
  PAST_IMAGE("drop a past image whatever version was written", true) {
    @Override
    Rules rules() {
      return new Rules() {
        @Override
        public boolean pastIsOnDisk(long pastVersion, long diskVersion) {
          return true;
        }
      };
    }
  },
  DIRTY("take a changed image that arrives for clean") {
    @Override
    Rules rules() {
      return new Rules() {
        @Override
        public boolean arrivesDirty(boolean dirty) {
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
        public boolean frozen(boolean releasing) {
          return false;
        }
      };
    }
  };

  /** Odd buckets have no master. */
  private record EvenBuckets(BucketMap masters) implements BucketMap {
    @Override
    public int masterOfBucket(int bucket) {
      return bucket % 2 == 0 ? masters.masterOfBucket(bucket) : NodeId.MAX;
    }

    @Override
    public int bucketsOf(int node) {
      return masters.bucketsOf(node);
    }
  }

  private final String meaning;
  private final LongFunction<SimOptions> options;

  Mutant(String meaning) {
    this(meaning, SimOptions::of);
  }

  Mutant(String meaning, boolean needsFaults) {
    this(meaning, needsFaults ? SimOptions::withFaultsButClocks : SimOptions::of);
  }

  Mutant(String meaning, LongFunction<SimOptions> options) {
    this.meaning = meaning;
    this.options = options;
  }

  String meaning() {
    return meaning;
  }

  /** The rules of the engine, perhaps with one broken. */
  Rules rules() {
    return Rules.STANDARD;
  }

  /** The rules of membership, perhaps with one broken. */
  RecoveryRules recovery() {
    return RecoveryRules.STANDARD;
  }

  /** What a seed is like in the drill. */
  SimOptions options(long seed) {
    return options.apply(seed);
  }
}
