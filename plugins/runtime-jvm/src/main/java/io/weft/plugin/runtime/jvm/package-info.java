// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0

/** Gives the engine the clock, threads and random numbers of the JVM. */
package io.weft.plugin.runtime.jvm;
