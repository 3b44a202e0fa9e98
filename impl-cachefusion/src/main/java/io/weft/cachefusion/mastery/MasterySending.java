// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.cachefusion.mastery;

/** What {@link Remastering} uses of the service around it. */
interface MasterySending {
  /** Sends a message to another member of the view. */
  void send(int to, MasteryMessage message);

  /** The figures have changed. */
  void publish();
}
