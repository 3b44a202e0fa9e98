// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0

/** One JMH class per question. */
package io.weft.bench;
