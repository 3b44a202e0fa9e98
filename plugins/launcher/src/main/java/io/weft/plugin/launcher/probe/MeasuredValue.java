// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.launcher.probe;

/**
 * One measured value.
 *
 * @param question key of the question that it answers
 * @param at where on the question's axis: a number, or the name of a case
 * @param value in the question's unit
 * @param samples number of operations behind the value
 */
public record MeasuredValue(String question, String at, double value, long samples) {}
