//! Chat completions as servers give them.

use contract::datastorage::WorkflowSummary;
use serde_json::{Value, json};

/// The proposal to run a workflow, as a model writes it.
pub(crate) fn proposal(workflow: &WorkflowSummary) -> Value {
    json!({
        "root_cause": "The pod used more memory than it may.",
        "contributing_factors": ["a cache without a limit"],
        "confidence": 0.9,
        "verdict": "remedy",
        "workflow": {
            "workflow_id": workflow.workflow_id,
            "container_image": workflow.definition.container_image,
            "parameters": { "namespace": "shop" },
            "rationale": "It frees the memory.",
        },
    })
}

/// A finished answer with this text, by OpenAI.
pub(crate) fn openai(content: &str) -> Value {
    let message = json!({
        "role": "assistant", "content": content, "refusal": null, "annotations": [],
    });
    of_openai(&message, "stop")
}

/// An answer of OpenAI that is a message, and why the model ended there.
pub(crate) fn of_openai(message: &Value, finish_reason: &str) -> Value {
    json!({
        "id": "chatcmpl-B9MBs8CjcvOU2jLn4n570S5qMJKcT",
        "object": "chat.completion",
        "created": 1_741_569_952,
        "model": "gpt-4.1-2025-04-14",
        "choices": [{
            "index": 0, "message": message, "logprobs": null, "finish_reason": finish_reason,
        }],
        "usage": {
            "prompt_tokens": 419, "completion_tokens": 110, "total_tokens": 529,
            "prompt_tokens_details": { "cached_tokens": 0, "audio_tokens": 0 },
            "completion_tokens_details": { "reasoning_tokens": 0, "audio_tokens": 0 },
        },
        "service_tier": "default",
        "system_fingerprint": "fp_b8bc95a0ac",
    })
}

/// The same by llama.cpp.
pub(crate) fn llama_cpp(content: &str) -> Value {
    json!({
        "choices": [{
            "finish_reason": "stop", "index": 0,
            "message": { "role": "assistant", "content": content },
        }],
        "created": 1_741_569_952,
        "model": "small",
        "system_fingerprint": "b4856-6fefc05a",
        "object": "chat.completion",
        "usage": { "completion_tokens": 110, "prompt_tokens": 419, "total_tokens": 529 },
        "id": "chatcmpl-QWlDbHYBd0jQ4Cbk0tuR3Y6a2TcSRyBp",
        "timings": { "prompt_n": 419, "prompt_ms": 41.2, "predicted_n": 110 },
    })
}

/// The same by vLLM.
pub(crate) fn vllm(content: &str) -> Value {
    json!({
        "id": "chatcmpl-6f1f0b9a",
        "object": "chat.completion",
        "created": 1_741_569_952,
        "model": "small",
        "choices": [{
            "index": 0,
            "message": {
                "role": "assistant", "reasoning_content": null, "content": content,
                "tool_calls": [],
            },
            "logprobs": null, "finish_reason": "stop", "stop_reason": null,
        }],
        "usage": {
            "prompt_tokens": 419, "total_tokens": 529, "completion_tokens": 110,
            "prompt_tokens_details": null,
        },
        "prompt_logprobs": null,
    })
}

/// The same by Ollama.
pub(crate) fn ollama(content: &str) -> Value {
    json!({
        "id": "chatcmpl-401",
        "object": "chat.completion",
        "created": 1_741_569_952,
        "model": "small",
        "system_fingerprint": "fp_ollama",
        "choices": [{
            "index": 0,
            "message": { "role": "assistant", "content": content },
            "finish_reason": "stop",
        }],
        "usage": { "prompt_tokens": 419, "completion_tokens": 110, "total_tokens": 529 },
    })
}
