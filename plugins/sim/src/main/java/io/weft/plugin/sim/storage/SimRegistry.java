// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.sim.storage;

import io.weft.api.NodeId;
import io.weft.api.NodeSet;
import io.weft.api.WeftException;
import io.weft.plugin.sim.time.IoWatch;
import io.weft.plugin.sim.time.SimProcess;
import io.weft.plugin.sim.time.Simulation;
import io.weft.plugin.sim.time.Trace;
import io.weft.spi.membership.AgreedMembers;
import io.weft.spi.membership.ClusterRegistry;
import io.weft.spi.membership.MembershipErrors;
import io.weft.spi.node.StoragePlace;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/**
 * The registry of a simulated cluster: a linearizable list of records. Now and then a proposal is
 * accepted and its proposer hears of a failure instead (CR-5). Calls take time ({@link
 * RegistryCalls}). It knows which processes have ended, as an operating system does by its locks: a
 * paused one has not.
 */
public final class SimRegistry {
  /** No divisor of a lease, so that the times differ. */
  private static final long LATER_NS = 7_654_321;

  /** So many calls after each other that each take their share of it cost a lease. */
  private static final int SLOW_CALLS_OF_A_LEASE = 8;

  private final Simulation simulation;
  private final int failPerMille;
  private final long leaseNs;
  private final boolean remembersNumbers;
  private final RegistryCalls calls;
  private final Runnable onAccepted;
  private final List<byte[]> records = new ArrayList<>();
  private final Map<Integer, Long> lackedNs = new HashMap<>();
  private final SimRequests requests = new SimRequests();
  private final List<View> opened = new ArrayList<>();
  private final SimPlace place = new SimPlace(SimPlace.Part.REGISTRY, records::isEmpty);
  private boolean healed;
  private int late;
  private boolean full;
  private List<byte[]> newest = List.of();
  private int kept;
  private long reservedScn;
  private long restoredNs = Long.MIN_VALUE / 2;
  private long acceptedNs;

  /**
   * Makes an empty registry.
   *
   * @param failPerMille how often a call fails
   * @param leaseNs how long the leases are whose holders call it
   * @param remembersNumbers whether it knows of all reserved system change numbers (CR-6)
   * @param onAccepted called when a record has been accepted
   */
  public SimRegistry(
      Simulation simulation,
      int failPerMille,
      long leaseNs,
      boolean remembersNumbers,
      RegistryCalls calls,
      Runnable onAccepted) {
    this.simulation = simulation;
    this.failPerMille = failPerMille;
    this.leaseNs = leaseNs;
    this.remembersNumbers = remembersNumbers;
    this.calls = calls;
    this.onAccepted = onAccepted;
  }

  /** Lets nothing fail from here on. */
  public void heal() {
    healed = true;
    calls.heal();
    full = false;
    restore();
  }

  /** Takes the last records away, as if the registry had been restored from a copy. */
  public void goBack(int by) {
    if (newest.isEmpty() && by <= records.size()) {
      newest = List.copyOf(records);
      kept = records.size() - by;
      records.subList(kept, records.size()).clear();
    }
  }

  private boolean isSetBack() {
    return !newest.isEmpty();
  }

  /** Whether records were missing, not longer ago than this. */
  public boolean wasSetBack(long agoNs) {
    return isSetBack() || restoredNs >= simulation.now() - agoNs;
  }

  /** Puts the newest records back, unless views have been agreed on without them. */
  public void restore() {
    if (isSetBack() && records.size() == kept) {
      records.clear();
      records.addAll(newest);
    }
    restoredNs = isSetBack() ? simulation.now() : restoredNs;
    newest = List.of();
  }

  /** From here on there is no space for another record, unless a reserve has some, or there is. */
  public void fillUp(boolean lacksSpace) {
    full = lacksSpace;
  }

  /** How many records were accepted after their proposers had heard of a failure. */
  public int acceptedLate() {
    return late;
  }

  /** The requests of operators, and their answers. */
  public SimRequests requests() {
    return requests;
  }

  /** The list of members of the newest record; empty if there is none. */
  public Optional<AgreedMembers> members() {
    return records.isEmpty()
        ? Optional.empty()
        : Optional.of(AgreedMembers.ofRecord(records.getLast()));
  }

  /** Whether the list of members lacked a node, not longer ago than this. */
  public boolean lacked(int node, long agoNs) {
    return lackedNs.getOrDefault(node, Long.MIN_VALUE / 2) >= simulation.now() - agoNs
        || members().filter(now -> now.list().find(new NodeId(node)).isEmpty()).isPresent();
  }

  /** A record is about to be replaced: notes which nodes its list lacks. */
  private void noteLacking() {
    members()
        .ifPresent(
            now ->
                NodeSet.ofFirst(now.list().members().getLast().id().value() + 2)
                    .minus(now.list().ids())
                    .forEach(node -> lackedNs.put(node, simulation.now())));
  }

  /** The calls that took time. */
  public RegistryCalls calls() {
    return calls;
  }

  /** The last record that was accepted. */
  public byte[] newestRecord() {
    return records.getLast().clone();
  }

  /** How many records were accepted. */
  public int accepted() {
    return records.size();
  }

  /** When the last record was accepted. */
  public long acceptedNs() {
    return acceptedNs;
  }

  /**
   * The registry for a process of a node.
   *
   * @param unreachable whether the node has no path to the storage
   * @param kill ends the process
   */
  public View of(SimProcess process, BooleanSupplier unreachable, Runnable kill) {
    return new View(process, unreachable, kill);
  }

  /** The registry as one process of a node sees it. */
  public final class View implements ClusterRegistry {
    private final SimProcess process;
    private final BooleanSupplier unreachable;
    private final Runnable kill;
    private boolean fails;
    private boolean answersEarly;
    private long failedNs = Long.MIN_VALUE / 2;

    View(SimProcess process, BooleanSupplier unreachable, Runnable kill) {
      this.process = process;
      this.unreachable = unreachable;
      this.kill = kill;
    }

    /** Every call fails from here on, or does not; a proposal may be accepted all the same. */
    public void fails(boolean always) {
      fails = always;
    }

    /** Every proposal fails from here on and takes effect later, or does not. */
    public void answersEarly(boolean always) {
      answersEarly = always;
    }

    /** Whether a call has failed, not longer ago than this. */
    public boolean hasFailed(long agoNs) {
      return failedNs >= simulation.now() - agoNs;
    }

    /** Whether calls have kept it from its lease, not longer ago than this. */
    public boolean wasSlow(long agoNs) {
      return calls.wasSlow(process, slowNs(), agoNs);
    }

    private long slowNs() {
      return leaseNs / SLOW_CALLS_OF_A_LEASE;
    }

    private <T> T call(String what, Supplier<T> effect) {
      return calls.make(process, slowNs(), what, effect);
    }

    private void check() {
      if (unreachable.getAsBoolean()
          || fails && !healed
          || !healed && simulation.chance(failPerMille)) {
        throw unavailable();
      }
    }

    private WeftException unavailable() {
      failedNs = simulation.now();
      return new WeftException(
          MembershipErrors.REGISTRY_UNAVAILABLE, "planned failure of the registry");
    }

    @Override
    public String name() {
      return "sim";
    }

    @Override
    public Optional<StoragePlace> place() {
      return Optional.of(place);
    }

    @Override
    public void open() {
      opened.add(this);
    }

    @Override
    public Optional<Entry> latest() {
      return call("the newest record", this::newest);
    }

    private Optional<Entry> newest() {
      check();
      simulation.ends(IoWatch.Io.REGISTRY_READ, process);
      return records.isEmpty()
          ? Optional.empty()
          : Optional.of(new Entry(records.size(), records.getLast()));
    }

    @Override
    public boolean propose(long epoch, byte[] record) {
      return call("a proposal", () -> decide(epoch, record));
    }

    private boolean decide(long epoch, byte[] record) {
      if (!fails || simulation.random().nextBoolean()) {
        try {
          check();
          if (answersEarly) {
            throw unavailable();
          }
        } catch (WeftException e) {
          acceptLater(epoch, record);
          throw e;
        }
      }
      if (full && simulation.chance(500)) {
        throw new WeftException(
            MembershipErrors.REGISTRY_UNAVAILABLE, "planned lack of space in the registry");
      }
      simulation.begins(IoWatch.Io.REGISTRY_PROPOSE, process);
      if (epoch != records.size() + 1) {
        return false;
      }
      accept(epoch, record, "accepted");
      simulation.ends(IoWatch.Io.REGISTRY_PROPOSE, process);
      check();
      return true;
    }

    private void accept(long epoch, byte[] record, String how) {
      noteLacking();
      records.add(record.clone());
      acceptedNs = simulation.now();
      calls.onAccepted();
      simulation.record(Trace.What.VIEW, process, epoch, record.length, how);
      onAccepted.run();
    }

    /** A proposal is under way yet although its proposer has heard of a failure. */
    private void acceptLater(long epoch, byte[] record) {
      if (!unreachable.getAsBoolean()) {
        simulation.schedule(
            epoch * LATER_NS % leaseNs,
            process,
            () -> {
              if (epoch == records.size() + 1) {
                late++;
                accept(epoch, record, "accepted late");
              }
            });
      }
    }

    @Override
    public long lastIncarnation(int node) {
      return 0;
    }

    @Override
    public void recordIncarnation(long incarnation) {}

    @Override
    public void reserveScn(long upTo) {
      call(
          "a reservation of numbers",
          () -> {
            check();
            reservedScn = Math.max(reservedScn, upTo);
            return reservedScn;
          });
    }

    @Override
    public long reservedScn() {
      return call(
          "the reserved numbers",
          () -> {
            check();
            return remembersNumbers ? reservedScn : 0;
          });
    }

    @Override
    public long ask(byte[] request, long above) {
      return requests.ask(request, above);
    }

    /** Takes no time if there are none: most runs have none. */
    @Override
    public List<Request> requests() {
      return requests.pending().isEmpty()
          ? List.of()
          : call(
              "the requests",
              () -> {
                check();
                return requests.pending();
              });
    }

    @Override
    public void answer(long number, byte[] answer) {
      call(
          "an answer",
          () -> {
            check();
            requests.answer(number, answer);
            return number;
          });
    }

    @Override
    public Optional<byte[]> answer(long number) {
      return requests.answerTo(number);
    }

    @Override
    public boolean hasStopped(int id, long incarnation, boolean kills) {
      return call("whether a process has ended", () -> hasEnded(id, incarnation, kills));
    }

    private boolean hasEnded(int id, long incarnation, boolean kills) {
      check();
      simulation.ends(IoWatch.Io.REGISTRY_ASK, process);
      for (View other : opened) {
        if (other.process.node() == id && other.process.incarnation() > incarnation) {
          return true;
        }
        if (other.process.node() == id && other.process.incarnation() == incarnation) {
          if (kills && !other.process.isDead()) {
            other.kill.run();
          }
          return other.process.isDead();
        }
      }
      return false;
    }

    @Override
    public void close() {}
  }
}
