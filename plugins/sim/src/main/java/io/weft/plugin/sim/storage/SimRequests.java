// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.sim.storage;

import io.weft.api.MemberErrors;
import io.weft.api.WeftException;
import io.weft.spi.membership.ClusterRegistry;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * The requests of the simulated registry, as the rules CR-8 to CR-10 have them: requests stay until
 * they are answered, of the answers the last {@link ClusterRegistry#MAX_REQUESTS} do.
 */
public final class SimRequests {
  private final TreeMap<Long, byte[]> requests = new TreeMap<>();
  private final TreeMap<Long, byte[]> answers = new TreeMap<>();
  private long last;

  /** Has no requests. */
  public SimRequests() {}

  /** Leaves a request; returns its number. */
  public synchronized long ask(byte[] request, long above) {
    if (request.length < 1 || request.length > ClusterRegistry.MAX_REQUEST_BYTES) {
      throw new IllegalArgumentException("a request of " + request.length + " bytes");
    }
    if (pending().size() >= ClusterRegistry.MAX_REQUESTS) {
      throw new WeftException(
          MemberErrors.TOO_MANY_REQUESTS,
          ClusterRegistry.MAX_REQUESTS + " requests are pending; wait for their answers");
    }
    last = Math.max(last, above) + 1;
    requests.put(last, request.clone());
    return last;
  }

  /** The pending requests. */
  public synchronized List<ClusterRegistry.Request> pending() {
    List<ClusterRegistry.Request> pending = new ArrayList<>();
    for (Map.Entry<Long, byte[]> request : requests.entrySet()) {
      pending.add(new ClusterRegistry.Request(request.getKey(), request.getValue().clone()));
    }
    return pending;
  }

  /** Answers a request. */
  public synchronized void answer(long number, byte[] answer) {
    requests.remove(number);
    answers.putIfAbsent(number, answer.clone());
    while (answers.size() > ClusterRegistry.MAX_REQUESTS) {
      answers.pollFirstEntry();
    }
  }

  /** The answer to a request. */
  public synchronized Optional<byte[]> answerTo(long number) {
    return Optional.ofNullable(answers.get(number)).map(byte[]::clone);
  }
}
