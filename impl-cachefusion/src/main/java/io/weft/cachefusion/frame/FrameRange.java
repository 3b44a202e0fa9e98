// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.cachefusion.frame;

/** Frames {@code first} to {@code first + count - 1}: those of one shard. */
public record FrameRange(int first, int count) {}
