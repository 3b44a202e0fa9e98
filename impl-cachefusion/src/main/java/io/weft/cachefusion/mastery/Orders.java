// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.cachefusion.mastery;

import io.weft.api.ErrorCode;
import io.weft.api.MasteryErrors;
import io.weft.api.WeftException;
import io.weft.cachefusion.node.NodeServices;
import io.weft.cachefusion.node.SerialExecutor;
import io.weft.cachefusion.shard.Shards;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.function.LongFunction;

/**
 * The orders and questions of this node that are not answered yet. Their messages may be lost with
 * a view or a master, and a master may refuse for a moment; so an order is given again until it is
 * obeyed, or was refused {@value #MOST_TRIES} times. To obey an order twice is the same as once.
 * Owned by the executor of {@link MasteryService}.
 */
final class Orders {
  /** Most times that an order is given. */
  static final int MOST_TRIES = 12;

  /** Time from the first try to the second, doubled with each further one. */
  private static final long FIRST_PAUSE_NS = 10_000_000;

  private static final long LONGEST_PAUSE_NS = 1_000_000_000;

  /** Obeys an order at this node. */
  interface Local {
    void serve(MasteryMessage.Asked order, Consumer<MasteryMessage.Answer> answer);
  }

  /** An answer and its sender. */
  record Reply(int from, MasteryMessage.Answer answer) {}

  private final NodeServices node;
  private final SerialExecutor executor;
  private final Shards shards;
  private final MasteryState state;
  private final MasterySending sending;
  private final Local local;
  private final int most;
  private final Map<Long, Order> open = new TreeMap<>();
  private long last;

  Orders(
      NodeServices node,
      SerialExecutor executor,
      Shards shards,
      MasteryState state,
      MasterySending sending,
      Local local,
      int most) {
    this.node = node;
    this.executor = executor;
    this.shards = shards;
    this.state = state;
    this.sending = sending;
    this.local = local;
    this.most = most;
  }

  /** One order, until it is answered. */
  private abstract static class Order {
    final MasteryMessage.Asked message;
    int tries;
    String refusal = "no answer";

    Order(MasteryMessage.Asked message) {
      this.message = message;
    }

    /** Gives the order, to those that have not answered. */
    abstract void give();

    abstract void onAnswer(int from, MasteryMessage.Answer answer);

    abstract void fail(WeftException reason);
  }

  boolean isFull() {
    return open.size() >= most;
  }

  /** Gives an order to the master of a bucket. */
  void toMaster(
      LongFunction<MasteryMessage.Asked> message, int bucket, CompletableFuture<Reply> done) {
    add(new ToMaster(message.apply(++last), bucket, done));
  }

  /** Gives an order to all members; completes with the sum of their numbers. */
  void toAll(LongFunction<MasteryMessage.Asked> message, CompletableFuture<Integer> done) {
    add(new ToAll(message.apply(++last), done));
  }

  private void add(Order order) {
    open.put(order.message.id(), order);
    give(order);
  }

  private void give(Order order) {
    if (open.get(order.message.id()) != order) {
      return;
    }
    if (order.tries++ == MOST_TRIES) {
      end(order);
      order.fail(
          new WeftException(
              MasteryErrors.MASTER_REFUSES,
              order.message
                  + " was not obeyed in "
                  + MOST_TRIES
                  + " attempts, at last because of: "
                  + order.refusal
                  + "; try again later"));
      return;
    }
    long pause = Math.min(LONGEST_PAUSE_NS, FIRST_PAUSE_NS << order.tries - 1);
    node.runtime().schedule(pause, () -> executor.executeElsewhere(() -> give(order)));
    order.give();
  }

  private void end(Order order) {
    open.remove(order.message.id());
  }

  void onAnswer(int from, MasteryMessage.Answer answer) {
    Order order = open.get(answer.id());
    if (order != null) {
      order.onAnswer(from, answer);
    }
  }

  /** A view has been installed: nobody waits for a node outside of it. */
  void onInstall() {
    List.copyOf(open.values()).stream()
        .filter(ToAll.class::isInstance)
        .forEach(order -> ((ToAll) order).endIfAnswered());
  }

  /** The node stops. */
  void fail(WeftException reason) {
    List<Order> all = List.copyOf(open.values());
    open.clear();
    all.forEach(order -> order.fail(reason));
  }

  private final class ToMaster extends Order {
    private final int bucket;
    private final CompletableFuture<Reply> done;

    ToMaster(MasteryMessage.Asked message, int bucket, CompletableFuture<Reply> done) {
      super(message);
      this.bucket = bucket;
      this.done = done;
    }

    @Override
    void give() {
      shards
          .ofBucket(bucket)
          .moves()
          .mastery()
          .master(bucket, master -> executor.execute(() -> giveTo(master)));
    }

    private void giveTo(int master) {
      if (master == state.self) {
        local.serve(message, answer -> Orders.this.onAnswer(state.self, answer));
      } else if (state.isMember(master)) {
        sending.send(master, message);
      }
    }

    @Override
    void onAnswer(int from, MasteryMessage.Answer answer) {
      if (answer instanceof MasteryMessage.Refused refused) {
        refusal = refused.why();
        if (refused.code() != 0) {
          end(this);
          done.completeExceptionally(new WeftException(codeOf(refused), refused.why()));
        }
      } else {
        end(this);
        done.complete(new Reply(from, answer));
      }
    }

    private static ErrorCode codeOf(MasteryMessage.Refused refused) {
      return refused.code() == MasteryErrors.SYSTEM_BUCKET.number()
          ? MasteryErrors.SYSTEM_BUCKET
          : MasteryErrors.MASTER_REFUSES;
    }

    @Override
    void fail(WeftException reason) {
      done.completeExceptionally(reason);
    }
  }

  private final class ToAll extends Order {
    private final CompletableFuture<Integer> done;
    private final Set<Integer> answered = new HashSet<>();
    private int sum;

    ToAll(MasteryMessage.Asked message, CompletableFuture<Integer> done) {
      super(message);
      this.done = done;
    }

    @Override
    void give() {
      state.members.stream()
          .map(member -> member.id().value())
          .filter(member -> !answered.contains(member))
          .toList()
          .forEach(this::giveTo);
    }

    private void giveTo(int member) {
      if (member == state.self) {
        local.serve(message, answer -> Orders.this.onAnswer(state.self, answer));
      } else {
        sending.send(member, message);
      }
    }

    @Override
    void onAnswer(int from, MasteryMessage.Answer answer) {
      if (answer instanceof MasteryMessage.Done obeyed && answered.add(from)) {
        sum += obeyed.number();
        endIfAnswered();
      }
    }

    void endIfAnswered() {
      if (state.members.stream().allMatch(member -> answered.contains(member.id().value()))) {
        end(this);
        done.complete(sum);
      }
    }

    @Override
    void fail(WeftException reason) {
      done.completeExceptionally(reason);
    }
  }
}
