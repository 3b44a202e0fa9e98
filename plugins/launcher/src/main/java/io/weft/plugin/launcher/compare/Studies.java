// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.launcher.compare;

import static io.weft.plugin.launcher.compare.Question.Better.HIGHER;
import static io.weft.plugin.launcher.compare.Question.Better.LOWER;

import io.weft.plugin.launcher.compare.Question.Form;
import java.util.List;
import java.util.Optional;

/** The studies that there are: what is measured of the plugins of which interface. */
public final class Studies {
  private static final List<String> PERCENTILES = List.of("50", "75", "90", "95", "99", "99.9");

  /** Of two maps by strategies that are equal in the mean. */
  private static final double BY_CHANCE = 0.2;

  private static final List<String> SIZES = List.of("64", "512", "4096", "8192", "32768", "65536");
  private static final List<String> NODES = List.of("2", "3", "5", "10", "30", "100", "300");
  private static final List<String> LATE = List.of("2", "50", "200", "500", "1000", "2000", "4000");
  private static final List<String> LOST = List.of("0", "10", "20", "40", "60", "70", "80");
  private static final List<String> PAUSES =
      List.of("0", "500", "1000", "1500", "2000", "2500", "3000", "4000");
  private static final List<String> DEPTHS = List.of("1", "2", "4", "8", "16", "32", "64");
  private static final List<String> WRITTEN = List.of("1", "4", "16", "64", "256");
  private static final List<String> BATCHES =
      List.of("64", "512", "4096", "32768", "262144", "1048576");

  private static final List<Study> ALL =
      List.of(transport(), hashStrategy(), failureDetector(), store(), logDevice());

  private Studies() {}

  /** The study of a section of the configuration. */
  public static Optional<Study> of(String spi) {
    return ALL.stream().filter(study -> study.spi().equals(spi)).findFirst();
  }

  /** The sections that have a study. */
  public static List<String> sections() {
    return ALL.stream().map(Study::spi).toList();
  }

  private static List<String> steps(String prefix, List<String> places) {
    return places.stream().map(place -> prefix + ":" + place).toList();
  }

  private static List<String> all(List<List<String>> steps) {
    return steps.stream().flatMap(List::stream).toList();
  }

  private static Question times(String key, String what, String title, String how) {
    return new Question(
        key, title, Form.PERCENTILES, "percentile", what, "µs", LOWER, PERCENTILES, how);
  }

  private static Study transport() {
    return new Study(
        "transport",
        "transports",
        2,
        all(
            List.of(
                List.of("roundTrip", "blockTrip"),
                steps("stream", SIZES),
                List.of("lanes", "idle"))),
        List.of(
            times(
                "roundTrip",
                "round trip of 64 B",
                "How long does a small message take, there and back?",
                "Request and answer of 64 bytes each, one at a time; the answer is taken on the"
                    + " thread that receives it."),
            times(
                "blockTrip",
                "round trip with 8 KiB",
                "How long does it take to fetch a block of 8 KiB?",
                "A request of 64 bytes, and an answer of 64 bytes with a payload of 8 KiB."),
            new Question(
                "bytes",
                "How many bytes pass one way?",
                Form.LINES,
                "message, bytes",
                "throughput",
                "MB/s",
                HIGHER,
                SIZES,
                "Payloads of that size, each with a header of 64 bytes (the smallest message is"
                    + " the header alone), from one thread; at most 2 MiB and 512 messages are"
                    + " under way."),
            new Question(
                "messages",
                "How many messages pass one way?",
                Form.LINES,
                "message, bytes",
                "rate",
                "messages/s",
                HIGHER,
                SIZES,
                "The same measurement, counted in messages."),
            new Question(
                "lanes",
                "Do urgent messages overtake a full lane?",
                Form.CASES,
                "",
                "round trip, median",
                "µs",
                LOWER,
                List.of(
                    "high lane, nothing else", "high lane, low lane full", "low lane, itself full"),
                "Round trips of 64 bytes while a stream of 8 KiB messages keeps up to 8 MiB in the"
                    + " lowest lane. A transport that honours lanes (rule TR-4) answers in the"
                    + " highest lane much sooner than in the lowest."),
            new Question(
                "processor",
                "How much processor time does a message need?",
                Form.CASES,
                "",
                "processor time for each operation",
                "µs",
                LOWER,
                List.of(
                    "round trip, 64 B", "round trip with 8 KiB", "message, 64 B", "message, 8 KiB"),
                "Time of all threads of both processes divided by the number of operations. Threads"
                    + " that poll while they wait use it, too."),
            new Question(
                "idle",
                "What does a node cost that has nothing to do?",
                Form.CASES,
                "",
                "share of one processor",
                "%",
                LOWER,
                List.of("each node"),
                "Processor time of both processes over a while without messages, half of it; the"
                    + " Java runtime's own is contained.")),
        "Two processes of this machine for each plugin, connected with each other; while one plugin"
            + " is measured the processes of the others are idle.");
  }

  private static Question hash(
      String key, String title, String up, String unit, Form form, double negligible, String how) {
    return new Question(
        key, title, form, "cluster, nodes", up, unit, LOWER, NODES, how, negligible);
  }

  private static Study hashStrategy() {
    return new Study(
        "hash-strategy",
        "hash strategies",
        1,
        steps("nodes", NODES),
        List.of(
            hash(
                "maxToMean",
                "How much more than its share does the fullest node get?",
                "largest share : mean share",
                "",
                Form.LINES,
                0.03,
                "Buckets of the node that has most, divided by the mean. 1 is perfect."),
            hash(
                "variation",
                "How uneven are the shares?",
                "coefficient of variation of the shares",
                "%",
                Form.LINES_FROM_ZERO,
                BY_CHANCE,
                "Standard deviation of the nodes' buckets, divided by their mean."),
            hash(
                "joinMoved",
                "How much moves when a node joins?",
                "moved when a node joins",
                "%",
                Form.LINES,
                BY_CHANCE,
                "At least 1 / (n + 1) has to move, the share of the new node."),
            hash(
                "leaveMoved",
                "How much moves when a node leaves?",
                "moved when a node leaves",
                "%",
                Form.LINES,
                BY_CHANCE,
                "At least 1 / n has to move, the share of the node that leaves; the mean over five"
                    + " of the nodes."),
            hash(
                "lookUpNs",
                "What does it cost to find the master of a block?",
                "look-up",
                "ns",
                Form.LINES_FROM_ZERO,
                0.03,
                "Random blocks in the installed map of the standard directory."),
            hash(
                "proposeMs",
                "What does it cost to propose a map?",
                "proposal",
                "ms",
                Form.LINES,
                0.03,
                "One proposal for all 65,536 buckets, the median of nine.")),
        "The study of weft hashing: nodes with the ids 0, 1 and so on and equal weights. All but"
            + " the times are the same in every round: one map is one sample, so differences of"
            + " less than a fifth in shares and moves are taken for chance.");
  }

  private static Question wrong(String key, String title, String across, List<String> places) {
    return new Question(
        key,
        title,
        Form.LINES_FROM_ZERO,
        across,
        "false suspicions",
        "an hour",
        LOWER,
        places,
        "A peer that is alive, five hours a round; the suspicions of one silence count once.");
  }

  private static Question found(String key, String title, String across, List<String> places) {
    return new Question(
        key,
        title,
        Form.LINES_FROM_ZERO,
        across,
        "time until the end is noticed, mean",
        "s",
        LOWER,
        places,
        "A peer that ends at any moment, 40 times a round, each time after 400 heartbeats.");
  }

  private static Study failureDetector() {
    return new Study(
        "failure-detector",
        "failure detectors",
        1,
        all(
            List.of(
                steps("pause", PAUSES), steps("lost", LOST), steps("late", LATE), List.of("cost"))),
        List.of(
            wrong(
                "wrongPaused",
                "How often is a peer suspected that only pauses?",
                "longest pause, ms",
                PAUSES),
            found(
                "foundPaused",
                "How soon is an end noticed, where peers pause?",
                "longest pause, ms",
                PAUSES),
            wrong(
                "wrongLost",
                "How often is it wrong when heartbeats are lost?",
                "heartbeats lost, %",
                LOST),
            found(
                "foundLost",
                "How soon is an end noticed when heartbeats are lost?",
                "heartbeats lost, %",
                LOST),
            wrong(
                "wrongLate",
                "How often is it wrong when heartbeats are late?",
                "greatest delay, ms",
                LATE),
            found(
                "foundLate",
                "How soon is an end noticed when heartbeats are late?",
                "greatest delay, ms",
                LATE),
            new Question(
                "cost",
                "What does a heartbeat cost?",
                Form.CASES,
                "",
                "processor time",
                "ns",
                LOWER,
                List.of("heartbeat"),
                "A call that records it and one that asks for the suspicion, through the guard that"
                    + " a node puts around plugins.")),
        "Heartbeats every 100 ms in virtual time. Delays are even between nothing and the greatest"
            + " (5 ms where the axis is another), pauses begin once in ten minutes and are even,"
            + " too. All but the cost depends only on the number of the round, and is the same for"
            + " all plugins.");
  }

  private static Question blocks(
      String key, String title, Form form, String across, List<String> places, String how) {
    return new Question(key, title, form, across, "throughput", "MB/s", HIGHER, places, how);
  }

  private static Study store() {
    return new Study(
        "store",
        "block stores",
        1,
        all(
            List.of(
                List.of("read", "write"),
                steps("force", WRITTEN),
                steps("depth", DEPTHS),
                List.of("patterns"))),
        List.of(
            times(
                "readTime",
                "read of a block",
                "How long does it take to read a block?",
                "Random blocks, one at a time, until the thread that asked has the block."),
            times(
                "writeTime",
                "write of a block",
                "How long does it take to write a block?",
                "Random blocks, one at a time, not forced."),
            new Question(
                "forceTime",
                "How long does it take to make writes stable?",
                Form.LINES,
                "blocks written before",
                "force, median",
                "µs",
                LOWER,
                WRITTEN,
                "Random blocks are written, then forced; only the force is timed."),
            blocks(
                "readRate",
                "How much is read at a time?",
                Form.LINES,
                "reads under way",
                DEPTHS,
                "Random blocks from one thread, so many at a time."),
            blocks(
                "writeRate",
                "How much is written at a time?",
                Form.LINES,
                "writes under way",
                DEPTHS,
                "Random blocks from one thread, so many at a time, not forced."),
            blocks(
                "patterns",
                "Does the order of the blocks matter?",
                Form.CASES,
                "",
                List.of("sequential reads", "random reads", "sequential writes", "random writes"),
                "16 at a time, not forced.")),
        "One file of 4,096 blocks of 8 KiB, all written before, in a directory of this machine. The"
            + " file fits into the memory of the operating system: only a force waits for the"
            + " device.");
  }

  private static Study logDevice() {
    return new Study(
        "log-device",
        "log devices",
        1,
        all(List.of(steps("batch", BATCHES), List.of("segment"))),
        List.of(
            times(
                "batchTime",
                "write and force of 4 KiB",
                "How long does it take until a batch of 4 KiB is stable?",
                "Written at the end of the log and forced, one after the other."),
            new Question(
                "forceTime",
                "How does that depend on the size of the batch?",
                Form.LINES,
                "batch, bytes",
                "write and force, median",
                "µs",
                LOWER,
                BATCHES,
                "Batches of that size, written and forced one after the other."),
            new Question(
                "rate",
                "How much redo becomes stable?",
                Form.LINES,
                "batch, bytes",
                "throughput",
                "MB/s",
                HIGHER,
                BATCHES,
                "The same measurement, counted in bytes; changes of the segment are not"
                    + " contained."),
            new Question(
                "segmentTime",
                "What does the next segment cost?",
                Form.CASES,
                "",
                "release and create, median",
                "µs",
                LOWER,
                List.of("next segment"),
                "Closes and releases a segment of 16 MiB, and creates the next one, which may reuse"
                    + " its space.")),
        "One log in segments of 16 MiB, in a directory of this machine.");
  }
}
