// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.launcher;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.weft.api.ClusterState;
import io.weft.api.Member;
import io.weft.api.NodeId;
import io.weft.api.RecoveryPhase;
import io.weft.api.RecoveryProgress;
import io.weft.api.View;
import java.io.PrintWriter;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Tells in a line of every view that a node installs, and of every step of the change to it that it
 * sees when it looks. Used by one thread.
 */
final class ViewReport {
  private final boolean json;
  private final PrintWriter out;
  private View view;
  private long epoch;
  private RecoveryPhase phase = RecoveryPhase.COMPLETE;

  /** Begins with a view that has been told of already. */
  ViewReport(boolean json, PrintWriter out, View view) {
    this.json = json;
    this.out = out;
    this.view = view;
    this.epoch = view.epoch().value();
  }

  /** Tells what has changed since the last look. */
  void look(View now, ClusterState state, Optional<RecoveryProgress> recovery) {
    recovery.ifPresent(this::lookAtPhase);
    if (now.epoch().compareTo(view.epoch()) > 0) {
      tell(now, state);
      view = now;
    }
  }

  private void lookAtPhase(RecoveryProgress progress) {
    long of = progress.epoch().value();
    if (of < epoch || of == epoch && phase == progress.phase()) {
      return;
    }
    epoch = of;
    phase = progress.phase();
    tell(progress);
  }

  private void tell(View now, ClusterState state) {
    List<NodeId> in = ids(now.members().stream().filter(member -> isNew(view, now, member)));
    List<NodeId> gone = ids(view.members().stream().filter(member -> isNew(now, view, member)));
    if (json) {
      ObjectNode line = JsonOutput.object();
      line.put("event", "view");
      line.put("epoch", now.epoch().value());
      line.put("state", words(state));
      put(line.putArray("members"), ids(now.members().stream()));
      ArrayNode weights = line.putArray("weights");
      now.members().forEach(member -> weights.add(member.weight()));
      put(line.putArray("in"), in);
      put(line.putArray("out"), gone);
      JsonOutput.print(out, line);
    } else {
      out.printf(
          "weft: view %d is %s%s%s%n",
          now.epoch().value(),
          members(now),
          in.isEmpty() ? "" : ", in: " + list(in),
          gone.isEmpty() ? "" : ", out: " + list(gone));
      out.flush();
    }
  }

  private void tell(RecoveryProgress progress) {
    if (json) {
      ObjectNode line = JsonOutput.object();
      line.put("event", "recovery");
      line.put("epoch", progress.epoch().value());
      line.put("phase", words(progress.phase()));
      line.put("percent", progress.percent());
      line.put("elapsedMillis", progress.elapsedMillis());
      progress.remainingMillis().ifPresent(left -> line.put("remainingMillis", left));
      line.put("redoRecords", progress.redoRecords());
      line.put("blocksReported", progress.blocksReported());
      line.put("blocksToRecover", progress.blocksToRecover());
      line.put("blocksRecovered", progress.blocksRecovered());
      JsonOutput.print(out, line);
    } else {
      out.printf(
          "weft: view %d: %s, %d %% after %d ms (%d redo records, %d blocks reported, %d of %d"
              + " recovered)%n",
          progress.epoch().value(),
          words(progress.phase()),
          progress.percent(),
          progress.elapsedMillis(),
          progress.redoRecords(),
          progress.blocksReported(),
          progress.blocksRecovered(),
          progress.blocksToRecover());
      out.flush();
    }
  }

  /** Whether this life of a member of {@code in} is no member of {@code before}. */
  private static boolean isNew(View before, View in, Member member) {
    return !before.contains(member.id())
        || before.incarnation(member.id()) != in.incarnation(member.id());
  }

  private static List<NodeId> ids(Stream<Member> members) {
    return members.map(Member::id).toList();
  }

  private static void put(ArrayNode array, List<NodeId> ids) {
    ids.forEach(id -> array.add(id.value()));
  }

  /** The ids of all members; beside each the weight, unless it is the default. */
  private static String members(View view) {
    return view.members().stream()
        .map(
            member ->
                member.weight() == Member.DEFAULT_WEIGHT
                    ? member.id().toString()
                    : member.id() + " (weight " + member.weight() + ")")
        .collect(Collectors.joining(" "));
  }

  private static String list(List<NodeId> ids) {
    return ids.stream().map(NodeId::toString).collect(Collectors.joining(" "));
  }

  private static String words(Enum<?> constant) {
    return constant.name().toLowerCase(Locale.ROOT).replace('_', ' ');
  }
}
