(** * Theorem A: at least n + dim ker (W - lam) states.

    A contractive ReLU network with minimal (W, F, C), and a constant input xbar inside the
    bound at whose fixed point all units are active, has no equivalent network with
    orthogonal transition and fewer than n + dim ker (W - lam) states, for every real lam. In
    particular w I_n needs exactly 2n. Over the real numbers (compactness is used). *)
From mathcomp Require Import all_ssreflect all_algebra ring.
From mathcomp.classical Require Import boolp classical_sets functions mathcomp_extra.
From mathcomp.analysis Require Import reals signed topology.
From URNN Require Import Setting Norms Theorem_3_1 Theorem_3_3_Strong Expansive DifferentiablePoints RankStep
  UltraLimit UnitKinds LateTimes Rotation Settle ClosestState Zoom Growth NeverReact.
Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.
Import Order.TTheory GRing.Theory Num.Theory.
Local Open Scope ring_scope.

Section Resolvent.
Variable R : realType.

(** If G x = 0 for the solutions of x = f + mu B x, mu small, then G B^j f = 0. *)
Lemma resolvent q (B : 'M[R]_q) (f : 'cV[R]_q) (X : R -> 'cV[R]_q) K :
  (forall mu, 0 < mu <= 2%:R^-1 -> X mu = f + mu *: (B *m X mu) /\ norm (X mu) <= K) ->
  forall s (G : 'M[R]_(s, q)),
  (forall mu, 0 < mu <= 2%:R^-1 -> G *m X mu = 0) ->
  forall j, G *m iter j (mulmx B) f = 0.
Proof.
move=> hX s G hG j.
have base G' : (forall mu, 0 < mu <= 2%:R^-1 -> (G' : 'M[R]_(s, q)) *m X mu = 0) -> G' *m f = 0.
  move=> hG'; apply/colP=> i; rewrite [RHS]mxE; apply/eqP; rewrite -normr_eq0.
  rewrite eq_le normr_ge0 andbT leNgt; apply/negP => gt.
  pose K' := Num.sqrt (frob (G' *m B)) * `|K|.
  have [t [ht hK]] : exists t : R, 0 < t <= 2%:R^-1 /\ t * K' < `|(G' *m f) i 0|.
    have h2 : 0 < (2%:R^-1 : R) by rewrite invr_gt0 ltr0n.
    have g2 : 0 < `|(G' *m f) i 0| / 2%:R by rewrite divr_gt0 ?ltr0n.
    have [j0 [a1 a2]] := ev_ex (ev_and (@ev_eps R 1 _ h2) (@ev_eps R K' _ g2)).
    exists (eps R j0); rewrite eps_gt0 -[eps R j0]mulr1 a1; split=> //.
    rewrite mulr1; apply: le_lt_trans a2 _.
    by rewrite ltr_pdivr_mulr ?ltr0n // ltr_pmulr // ltr1n.
  have [XE Xb] := hX t ht; have := hG' t ht; rewrite XE mulmxDr => /eqP.
  rewrite addr_eq0 => /eqP e; move: hK; apply/negP; rewrite -leNgt e mxE normrN.
  case/andP: ht => t0 _; rewrite -scalemxAr mxE normrM (ger0_norm (ltW t0)).
  apply: ler_wpmul2l; first exact: ltW.
  apply: le_trans (norm_coord _ _) _; rewrite mulmxA; apply: le_trans (norm_mulmx _ _) _.
  by apply: ler_wpmul2l; rewrite ?sqrtr_ge0 // (le_trans Xb) // ler_norm.
elim: j G hG => [|j IH] G hG; first exact: base.
rewrite /= mulmxA; apply: IH => mu h.
have Gf := base _ hG; have := hG mu h; have [XE _] := hX mu h.
rewrite {1}XE mulmxDr Gf add0r -scalemxAr mulmxA => /eqP.
by rewrite scaler_eq0 gt_eqF ?(proj1 (andP h)) //= => /eqP.
Qed.
End Resolvent.

Section Linear.
Variable R : realType.
Variables (N n m p : nat).
Variables (U : 'M[R]_N) (Fu : 'M[R]_(N, m)) (Cu : 'M[R]_(p, N)).
Variables (W : 'M[R]_n) (F : 'M[R]_(n, m)) (C : 'M[R]_(p, n)).
Hypothesis oU : U^T *m U = 1%:M.
Hypothesis W1 : forall v, norm (W *m v) <= norm v.
Hypothesis fades : forall h, vlim (fun j => eta W F h (zeros R m) j) 0.

(** A matching limit system, of whatever kinds, gives a linear one. *)
Theorem good_linear tau : good U Fu Cu W F C tau -> exists A Z : {set 'I_N},
  [/\ [disjoint A & Z], forall j, Cu *m markov U Fu A j = C *m target W F j &
      forall j i, i \notin A -> i \notin Z -> row i (U *m markov U Fu A j) = 0].
Proof.
move=> /has_fewest[t1 few1].
have [c [r [y0 [g [m0 [r0 mt fx]]]]]] := settle oU few1.
have [m1 [k0 [fx1 cl still]]] := settled_pair oU fx mt.
pose zm i := UnitKinds.pre_at U Fu c m1 0 i.
have [mu [mu0 mu_le]] : exists mu : R, 0 < mu /\ forall i, t1 i = None -> 0 < zm i -> mu <= zm i.
  have h i : ev (fun j => 0 < zm i -> eps R j * 1 <= zm i).
    have [zp|zn] := boolP (0 < zm i); last by apply: evT.
    by apply: ev_imp (ev_eps 1 zp) => j h _.
  have [j hj] := ev_ex (ev_fin h); exists (eps R j); split; first exact: eps_gt0.
  by move=> i _ zp; rewrite -[eps R j]mulr1 hj.
have hom r' := zoom oU fades r0 fx1 cl still mu0 mu_le r'.
move: hom; set t2 := zoom_kind _ _ _ _ _ => hom.
have few : fewest U Fu Cu W F C t2.
  split; first by exists 0, 1, 0, 0; split; [exact: ltr01 | exact: hom].
  move=> t3 g3; apply: leq_trans (few1.2 _ g3); apply: subset_leq_card.
  by apply/fintype.subsetP => i; rewrite !inE /t2 /zoom_kind; case: (t1 i).
pose A := [set i | t2 i == Some true]; pose Z := [set i | t2 i == Some false].
have disj : [disjoint A & Z].
  by rewrite -setI_eq0; apply/eqP/setP => i; rewrite !inE; case: (t2 i) => [[]|].
pose BU := keep R A *m U; pose GU := keep R A *m Fu.
pose BB : 'M[R]_(N + n) := block_mx BU 0 0 W.
have key (a : 'cV[R]_m) : forall j, (row_mx Cu (- C)) *m iter j (mulmx BB) (col_mx (GU *m a) (F *m a)) = 0
    /\ forall i, t2 i = None -> (row_mx (row i U) 0) *m iter j (mulmx BB) (col_mx (GU *m a) (F *m a)) = 0.
  have exX (mu' : R) : exists x : 'cV[R]_(N + n), 0 < mu' <= 2%:R^-1 ->
      [/\ x = col_mx (GU *m a) (F *m a) + mu' *: (BB *m x),
          norm x <= 2%:R * norm (Fu *m a) + 2%:R * norm (F *m a),
          row_mx Cu (- C) *m x = 0 &
          forall i, t2 i = None -> mu' * (row_mx (row i U) 0 *m x) 0 0 + (Fu *m a) i 0 = 0].
    have [h|] := boolP (0 < mu' <= 2%:R^-1); last by exists 0.
    have half1 : (2%:R^-1 : R) < 1 by rewrite invf_lt1 ?ltr0n // ltr1n.
    have mu01 : 0 < mu' < 1 by case/andP: h => -> le; rewrite (le_lt_trans le).
    have [u [q [uE qE CE [ub qb] z]]] := resolvent_units oU W1 fades few hom a mu01.
    exists (col_mx u q) => _.
    have two t : 0 <= t -> t / (1 - mu') <= 2%:R * t.
      move=> t0; rewrite mulrC ler_wpmul2r // -[2%:R]invrK lef_pinv ?posrE ?invr_gt0 ?ltr0n //.
        rewrite ler_subr_addl -ler_subr_addr; case/andP: h => _ le; apply: le_trans le _.
        by rewrite -subr_ge0; have -> : 1 - 2%:R^-1 - 2%:R^-1 = 0 :> R by field.
      by rewrite subr_gt0; case/andP: mu01.
    split.
    - rewrite /BB mul_block_col !mul0mx addr0 add0r scale_col_mx add_col_mx; congr col_mx.
        apply/colP=> i; rewrite {1}uE stepE colD scE /BU /GU -!mulmxA !keepE inE.
        rewrite /UnitKinds.pre_at addr0 colD -scalemxAr scE.
        case ti : (t2 i) => [[]|] /=; rewrite ?mul1r ?mul0r ?mulr0 ?addr0 //; first by rewrite addrC.
        have := z i ti; rewrite /UnitKinds.pre_at addr0 colD -scalemxAr scE => ->.
        by rewrite relu_flat.
      by rewrite {1}qE -scalemxAr addrC.
    - have nn : norm (col_mx u q) <= norm u + norm q.
        rewrite -norm_leb ?addr_ge0 ?norm_ge0 // sqnorm_col_mx -!sqr_norm sqrrD.
        by rewrite addrAC ler_addl mulrn_wge0 // mulr_ge0 ?norm_ge0.
      apply: le_trans nn (ler_add _ _).
        by apply: le_trans ub (two _ _); exact: norm_ge0.
      by apply: le_trans qb (two _ _); exact: norm_ge0.
    - by rewrite mul_row_col mulNmx CE subrr.
    move=> i ti; rewrite mul_row_col mul0mx addr0 -row_mul [(row i _) 0 0]mxE.
    by have := z i ti; rewrite /UnitKinds.pre_at addr0 colD -scalemxAr scE.
  have [X hX] := choice exX; move=> j.
  have hX' mu' : 0 < mu' <= 2%:R^-1 -> X mu' = col_mx (GU *m a) (F *m a) + mu' *: (BB *m X mu') /\
      norm (X mu') <= 2%:R * norm (Fu *m a) + 2%:R * norm (F *m a).
    by move=> h; have [] := hX mu' h.
  split; first by apply: (resolvent hX') => mu' h; have [] := hX mu' h.
  move=> i ti; apply: (resolvent hX') => mu' h.
  have [_ _ _ /(_ i ti) e] := hX mu' h.
  suff Fi : (Fu *m a) i 0 = 0.
    apply/matrixP=> l1 l2; rewrite !ord1 [RHS]mxE; apply/eqP.
    move/eqP: e; rewrite Fi addr0 mulf_eq0 gt_eqF ?(proj1 (andP h)) //.
  (* let mu tend to 0 *)
  apply/eqP; rewrite -normr_eq0 eq_le normr_ge0 andbT leNgt; apply/negP => gt.
  pose K := Num.sqrt (frob (row_mx (row i U) (0 : 'rV[R]_n))) * (2%:R * norm (Fu *m a) + 2%:R * norm (F *m a)).
  have h2 : 0 < (2%:R^-1 : R) by rewrite invr_gt0 ltr0n.
  have g2 : 0 < `|(Fu *m a) i 0| / 2%:R by rewrite divr_gt0 ?ltr0n.
  have [j0 [a1 a2]] := ev_ex (ev_and (@ev_eps R 1 _ h2) (@ev_eps R K _ g2)).
  have ht : 0 < eps R j0 <= 2%:R^-1 by rewrite eps_gt0 -[eps R j0]mulr1 a1.
  have [_ Xb _ /(_ i ti) e0] := hX _ ht.
  have : `|(Fu *m a) i 0| <= eps R j0 * K.
    move/eqP: e0; rewrite addrC addr_eq0 => /eqP ->; rewrite normrN normrM ger0_norm ?(ltW (eps_gt0 R j0)) //.
    apply: ler_wpmul2l; first exact: ltW (eps_gt0 R j0).
    apply: le_trans (norm_coord _ _) _; apply: le_trans (norm_mulmx _ _) _.
    by apply: ler_wpmul2l; rewrite ?sqrtr_ge0.
  move/le_trans/(_ a2); apply/negP; rewrite -ltNge.
  by rewrite ltr_pdivr_mulr ?ltr0n // ltr_pmulr // ltr1n.
have it (a : 'cV[R]_m) j : iter j (mulmx BB) (col_mx (GU *m a) (F *m a))
    = col_mx (markov U Fu A j *m a) (target W F j *m a).
  elim: j => [|j IH] //=; rewrite IH /BB mul_block_col !mul0mx addr0 add0r.
  by rewrite /BU !mulmxA.
have ext q1 (M1 M2 : 'M[R]_(q1, m)) : (forall a : 'cV[R]_m, M1 *m a = M2 *m a) -> M1 = M2.
  move=> h; apply/matrixP=> i j; have := h (delta_mx j 0); rewrite -!colE.
  by move/(congr1 (fun M : 'cV_q1 => M i 0)); rewrite !mxE.
exists A, Z; split=> //.
- move=> j; apply: ext => a; have [e _] := key a j.
  move: e; rewrite it mul_row_col mulNmx => /eqP; rewrite subr_eq0 => /eqP.
  by rewrite !mulmxA.
- move=> j i iA iZ; have ti : t2 i = None.
    by move: iA iZ; rewrite !inE; case: (t2 i) => [[]|].
  apply: ext => a; rewrite mul0mx; have [_ /(_ i ti)] := key a j.
  by rewrite it mul_row_col mul0mx addr0 row_mul mulmxA.
Qed.
End Linear.

(** ** From two equivalent networks to a matching system. *)
Section Main.
Variable R : realType.

Lemma contraction_normW n (W : 'M[R]_n) : contraction W ->
  exists rho, 0 <= rho < 1 /\ forall v, norm (W *m v) <= rho * norm v.
Proof.
case=> rho [/andP[r0 r1] h]; exists rho; rewrite r0 r1; split=> // v.
by rewrite -norm_le.
Qed.

Section Start.
Variables (M : R) (n m p N : nat) (T : rnn R n m p) (T' : rnn R N m p).
Variables (xbar : 'cV[R]_m) (hs : 'cV[R]_n) (rho : R).
Hypothesis rho0 : 0 <= rho.
Hypothesis rho1 : rho < 1.
Hypothesis Wr : forall v, norm (trans T *m v) <= rho * norm v.
Hypothesis inside : norm xbar < `|M|.
Hypothesis rest : hs = trans T *m hs + inw T *m xbar + bias T.
Hypothesis active : forall i, 0 < hs i 0.
Hypothesis oU : orthogonal (trans T').
Hypothesis eqv : equivalent (@relu R) M T T'.

Let xb : inputs R m := fun=> xbar.
Let W := trans T. Let F := inw T.

Lemma relu_id (v : 'cV[R]_n) : (forall i, 0 <= v i 0) -> map_mx (@relu R) v = v.
Proof.
move=> h; apply/colP=> i; rewrite mxE; case: (relu_cases (v i 0)) => -[hv ->] //.
by rewrite ltNge h in hv.
Qed.

Lemma small_ball : exists s, 0 < s /\ forall i, s <= hs i 0.
Proof.
have h i : ev (fun j => eps R j * 1 <= hs i 0) by exact: ev_eps (active i).
have [j hj] := ev_ex (ev_fin h); exists (eps R j); split; first exact: eps_gt0.
by move=> i; rewrite -[eps R j]mulr1.
Qed.

Lemma next_near h : norm (map_mx (@relu R) (W *m h + F *m xbar + bias T) - hs) <= rho * norm (h - hs).
Proof.
have {1}-> : hs = map_mx (@relu R) (W *m hs + F *m xbar + bias T).
  by rewrite -rest relu_id // => i; exact: ltW.
apply: le_trans (norm_nonexp _ _ (@relu_nonexp R)) _.
by rewrite opprD addrACA subrr addr0 opprD addrACA subrr addr0 -mulmxBr; exact: Wr.
Qed.

Let hh k := state (@relu R) T xb k.

Lemma hh_near k : norm (hh k - hs) <= rho ^+ k * norm (hh 0%N - hs).
Proof.
elim: k => [|k IH]; first by rewrite expr0 mul1r.
rewrite /hh /=; apply: le_trans (next_near _) _.
by rewrite exprS -mulrA; apply: ler_wpmul2l.
Qed.

Lemma eta_fades h : vlim (fun j => eta W F h (zeros R m) j) 0.
Proof.
have bd j : norm (eta W F h (zeros R m) j) <= rho ^+ j * norm h.
  elim: j => [|j IH] /=; first by rewrite expr0 mul1r.
  rewrite mulmx0 addr0 exprS -mulrA; apply: le_trans (Wr _) _.
  by apply: ler_wpmul2l.
move=> i e e0; have e1 : 0 < e / (norm h + 1) by rewrite divr_gt0 // ltr_paddl ?norm_ge0 ?ltr01.
have [L hL] := @powers_vanish R rho _ (introT andP (conj rho0 rho1)) e1.
apply: ev_imp (ev_ge L) => j Lj; rewrite mxE subr0.
apply: le_trans (norm_coord _ _) (le_trans (bd j) _).
have p1 : rho ^+ j <= e / (norm h + 1).
  apply: le_trans hL; rewrite -(subnKC Lj) exprD ler_pimulr ?exprn_ge0 //.
  by rewrite exprn_ile1 // ltW.
apply: (@le_trans _ _ (e / (norm h + 1) * (norm h + 1))); last first.
  by rewrite divfK // gt_eqF // ltr_paddl ?norm_ge0 ?ltr01.
by apply: ler_pmul; rewrite ?exprn_ge0 ?norm_ge0 // ler_addl ler01.
Qed.

Lemma start : exists tau, good (trans T') (inw T') (outw T') W F (outw T) tau.
Proof.
have [s [s0 sle]] := small_ball.
pose fF := Num.sqrt (frob F).
have g1 : 0 < (1 - rho) * s by rewrite mulr_gt0 // subr_gt0.
have g2 : 0 < `|M| - norm xbar by rewrite subr_gt0.
have [j0 [a1 a2]] := ev_ex (ev_and (@ev_eps R fF _ g1) (@ev_eps R 1 _ g2)).
pose r := eps R j0; have r0 : 0 < r := eps_gt0 R j0.
rewrite mulr1 -/r in a2; rewrite -/r in a1.
have [K0 hK0] : exists K0, forall j, norm (hh (K0 + j)%N - hs) <= s.
  have e1 : 0 < s / (norm (hh 0%N - hs) + 1) by rewrite divr_gt0 // ltr_paddl ?norm_ge0 ?ltr01.
  have [L hL] := @powers_vanish R rho _ (introT andP (conj rho0 rho1)) e1.
  exists L => j; apply: le_trans (hh_near _) _.
  have p1 : rho ^+ (L + j) <= s / (norm (hh 0%N - hs) + 1).
    apply: le_trans hL; rewrite exprD ler_pimulr ?exprn_ge0 //.
    by rewrite exprn_ile1 // ltW.
  apply: (@le_trans _ _ (s / (norm (hh 0%N - hs) + 1) * (norm (hh 0%N - hs) + 1))); last first.
    by rewrite divfK // gt_eqF // ltr_paddl ?norm_ge0 ?ltr01.
  by apply: ler_pmul; rewrite ?exprn_ge0 ?norm_ge0 // ler_addl ler01.
pose t0 : 'I_N -> kind := fun=> None.
pose c := inw T' *m xbar + bias T'.
pose gs j := state (@relu R) T' xb (K0 + j)%N.
pose es j := hh (K0 + j)%N - hs.
have smallF x : norm x <= r -> norm (F *m x) <= (1 - rho) * s.
  move=> xr; apply: le_trans (norm_mulmx _ _) (le_trans _ a1).
  by rewrite mulrC ler_wpmul2r ?sqrtr_ge0.
have mt j : matching (trans T') (inw T') (outw T') W F (outw T) t0 c r (- (outw T *m hs)) (gs j) (es j).
  move=> d sd k; have nd l : norm (d l) <= r by rewrite -norm_leb ?(ltW r0).
  pose xx : inputs R m := fun l => if (l <= K0 + j)%N then xbar else xbar + d (l - (K0 + j).+1)%N.
  have ax : admissible M xx.
    move=> l; rewrite -[M ^+ 2]real_normK ?num_real // norm_leb //.
    rewrite /xx; case: ifP => _; first exact: ltW.
    apply: le_trans (normvD _ _) _; rewrite -ler_subr_addl.
    exact: le_trans (nd _) a2.
  have same a q (S : rnn R a m q) : state (@relu R) S xx (K0 + j) = state (@relu R) S xb (K0 + j).
    by apply: state_local => l lj; rewrite /xx lj.
  have xxk l : xx (K0 + j + l).+1 = xbar + d l.
    by rewrite /xx ltnNge leq_addr /= -addSn addKn.
  have runE l : run (trans T') (inw T') t0 c (gs j) d l = state (@relu R) T' xx (K0 + j + l).
    elim: l => [|l IH]; first by rewrite addn0 /= same.
    rewrite addnS /= IH; apply/colP=> i; rewrite stepE mxE /=; congr (relu _).
    rewrite /UnitKinds.pre_at xxk mulmxDr /c; congr (fun_of_matrix _ _ _).
    by rewrite -!addrA; congr (_ + _); rewrite addrCA.
  have etaE l : state (@relu R) T xx (K0 + j + l) = hs + eta W F (es j) d l /\ norm (eta W F (es j) d l) <= s.
    elim: l => [|l [IH bd]]; first by rewrite addn0 /= same /es addrC subrK.
    have bd' : norm (eta W F (es j) d l.+1) <= s.
      apply: le_trans (normvD _ _) _.
      apply: le_trans (ler_add (Wr _) (smallF _ (nd l))) _.
      apply: (@le_trans _ _ (rho * s + (1 - rho) * s)); first by rewrite ler_add2r ler_wpmul2l.
      by rewrite -mulrDl addrC subrK mul1r.
    split=> //; rewrite addnS /= IH xxk -[X in _ = _ + X]/(eta W F (es j) d l.+1).
    have -> : trans T *m (hs + eta W F (es j) d l) + inw T *m (xbar + d l) + bias T
        = hs + eta W F (es j) d l.+1.
      rewrite [in RHS]rest /= !mulmxDr -/W -/F.
      by rewrite addrACA addrAC.
    rewrite relu_id // => i; rewrite colD -ler_subl_addr sub0r.
    apply: le_trans (sle i); apply: le_trans bd'; apply: le_trans (norm_coord _ i).
    by rewrite -normrN ler_norm.
  have [eS _] := etaE k.
  have := eqv ax (K0 + j + k)%N; rewrite /output eS runE => <-.
  by rewrite mulmxDr addrC addKr.
have h0 : vlim es 0.
  have fd := eta_fades (es 0%N) ; move=> i; apply: lim_eq (fd i) => // j.
  congr (fun_of_matrix _ _ _); elim: j => [|j IH] //=.
  rewrite IH mulmx0 addr0 /es addnS.
  have st l : (forall i, 0 <= (W *m l + F *m xbar + bias T) i 0) ->
      map_mx (@relu R) (W *m l + F *m xbar + bias T) - hs = W *m (l - hs).
    move=> ps; rewrite relu_id // [in LHS]rest opprD addrACA subrr addr0 opprD addrACA subrr addr0.
    by rewrite -mulmxBr.
  rewrite [in RHS]/hh /= st // => i'.
  have e1 : W *m hh (K0 + j)%N + F *m xbar + bias T = hs + W *m (hh (K0 + j)%N - hs).
    have e0 : hs - W *m hs = F *m xbar + bias T.
      by rewrite {1}rest -addrA addrAC subrr add0r.
    by rewrite mulmxBr addrCA e0 addrA.
  rewrite -/(hh _) e1 colD -ler_subl_addr sub0r; apply: le_trans (sle i').
  apply: le_trans (hK0 j); apply: (@le_trans _ _ (norm (W *m (hh (K0 + j)%N - hs)))).
    by apply: le_trans (norm_coord _ i'); rewrite -normrN ler_norm.
  by apply: le_trans (Wr _) _; rewrite ler_pimull ?norm_ge0 // ltW.
have gS j : step (trans T') (inw T') t0 c (gs j) 0 = gs j.+1.
  apply/colP=> i; rewrite stepE /gs addnS /= mxE; congr (relu _).
  by rewrite /UnitKinds.pre_at mulmx0 addr0 /c addrA.
have steady i : fin (fun j => (step (trans T') (inw T') t0 c (gs j) 0 - gs j) i 0).
  apply: (fin_sqnorm (s := fun j => step (trans T') (inw T') t0 c (gs j) 0 - gs j)).
  exists (sqnorm (gs 1%N - gs 0%N)); apply: evT => j; rewrite ger0_norm ?sqnorm_ge0 // gS.
  elim: j => [|j IH] //; apply: le_trans IH.
  by rewrite -(gS j.+1) -(gS j); exact: (step_nonexp _ oU.1).
have [c' [y0' [g' [mt' _ _ _]]]] := late_system mt h0 steady.
by eexists; exists c', r, y0', g'; split; [exact: r0 | exact: mt'].
Qed.
End Start.

(** (W, F, C) is minimal: reachable from the inputs, observable from the outputs. *)
Definition minimal n m p (T : rnn R n m p) : Prop :=
  (forall v : 'rV[R]_n, (forall j, v *m iter j (mulmx (trans T)) (inw T) = 0) -> v = 0) /\
  (forall h : 'cV[R]_n, (forall j, outw T *m iter j (mulmx (trans T)) h = 0) -> h = 0).

Lemma full_rank_minimal n m p (T : rnn R n m p) :
  \rank (inw T) = n -> \rank (outw T) = n -> minimal T.
Proof.
move=> rF rC; split=> [v /(_ 0%N) /= h|h /(_ 0%N) /= e].
  have /row_freeP[B FB] : row_free (inw T) by rewrite /row_free rF.
  by rewrite -[v]mulmx1 -FB mulmxA h mul0mx.
have /row_freeP[B CB] : row_free (outw T)^T by rewrite /row_free mxrank_tr rC.
have BC : B^T *m outw T = 1%:M by rewrite -[outw T]trmxK -trmx_mul CB trmx1.
by rewrite -[h]mul1mx -BC -mulmxA e mulmx0.
Qed.

Lemma minimal_reach n m p (T : rnn R n m p) : minimal T ->
  forall v : 'rV[R]_n, (forall j, v *m krylov (trans T) (inw T) j = 0) -> v = 0.
Proof.
case=> h _ v kv; apply: h => j.
have -> : iter j (mulmx (trans T)) (inw T) = krylov (trans T) (inw T) j by elim: j => //= j ->.
exact: kv.
Qed.

Lemma minimal_observ n m p (T : rnn R n m p) : minimal T ->
  forall h : 'cV[R]_n, (forall j, (krylov (trans T)^T (outw T)^T j)^T *m h = 0) -> h = 0.
Proof.
case=> _ ob h kh; apply: ob => j; rewrite -(kh j); elim: j h {kh} => [|j IH] h.
  by rewrite /= trmxK.
by rewrite iterSr IH /= trmx_mul trmxK mulmxA.
Qed.

(** ** Theorem A (real eigenvalues): N >= n + dim ker (W - lam) for every real lam. *)
Theorem theorem_A (M : R) n m p N (T : rnn R n m p) (T' : rnn R N m p)
    (xbar : 'cV[R]_m) (hstar : 'cV[R]_n) (lam : R) :
  contraction (trans T) -> minimal T -> sqnorm xbar < M ^+ 2 ->
  hstar = trans T *m hstar + inw T *m xbar + bias T -> (forall i, 0 < hstar i 0) ->
  orthogonal (trans T') -> equivalent (@relu R) M T T' ->
  (n + (n - \rank (trans T - lam%:M)%R) <= N)%N.
Proof.
move=> cW mT xM rest act oU eqv; have re := minimal_reach mT; have ob := minimal_observ mT.
have [rho [/andP[r0 r1] Wr]] := contraction_normW cW.
have inside : norm xbar < `|M|.
  rewrite -(@ltr_pexpn2r _ 2) ?nnegrE ?norm_ge0 // sqr_norm.
  by rewrite real_normK ?num_real.
have [tau gt] := start r0 r1 Wr inside rest act oU eqv.
have W1 v : norm (trans T *m v) <= norm v.
  by apply: le_trans (Wr v) _; rewrite ler_pimull ?norm_ge0 // ltW.
have main l : `|l| < 1 -> (n + (n - \rank (trans T - l%:M)%R) <= N)%N.
  have [A [Z [dis same still]]] := good_linear oU.1 W1 (eta_fades (T := T) r0 r1 Wr) gt.
  exact: (rank_step dis oU.1 re ob same still).
have [lt|ge] := ltP `|lam| 1; first exact: main.
have -> : \rank (trans T - lam%:M) = n.
  rewrite -mxrank_tr; apply/eqP; rewrite -[_ == _]/(row_free _) -kermx_eq0.
  apply/rowV0P => v /sub_kermxP h.
  have e : trans T *m v^T = lam *: v^T.
    move/(congr1 trmx): h; rewrite trmx_mul trmxK trmx0 mulmxBl mul_scalar_mx => /eqP.
    by rewrite subr_eq0 => /eqP.
  have := Wr v^T; rewrite e => le.
  have eqn : norm (lam *: v^T) = `|lam| * norm v^T.
    by rewrite /norm sqnormZ sqrtrM ?sqr_ge0 // sqrtr_sqr.
  rewrite eqn in le; apply: trmx_inj; rewrite trmx0; apply: sqnorm_eq0.
  apply/eqP; rewrite -sqr_norm sqrf_eq0 eq_le norm_ge0 andbT.
  have : (`|lam| - rho) * norm v^T <= 0 by rewrite mulrBl subr_le0.
  by rewrite pmulr_rle0 // subr_gt0 (lt_le_trans r1).
rewrite subnn addn0; apply: leq_trans (main 0 _); last by rewrite normr0 ltr01.
exact: leq_addr.
Qed.

(** ** Theorem A, complex eigenvalues al + i be: n + dim ker (W - lam), in real terms. The
    matrix is W - lam, acting on pairs (real part, imaginary part): its rank is twice the
    complex rank, so both sides are twice what they are in Theorem A. *)
Theorem theorem_A_complex (M : R) n m p N (T : rnn R n m p) (T' : rnn R N m p)
    (xbar : 'cV[R]_m) (hstar : 'cV[R]_n) (al be : R) :
  contraction (trans T) -> minimal T -> sqnorm xbar < M ^+ 2 ->
  hstar = trans T *m hstar + inw T *m xbar + bias T -> (forall i, 0 < hstar i 0) ->
  orthogonal (trans T') -> equivalent (@relu R) M T T' ->
  ((n + n) + ((n + n) - \rank (block_mx (trans T - al%:M) be%:M (- be%:M) (trans T - al%:M))%R)
     <= N + N)%N.
Proof.
move=> cW mT xM rest act oU eqv; have re := minimal_reach mT; have ob := minimal_observ mT.
have [rho [/andP[r0 r1] Wr]] := contraction_normW cW.
have inside : norm xbar < `|M|.
  rewrite -(@ltr_pexpn2r _ 2) ?nnegrE ?norm_ge0 // sqr_norm.
  by rewrite real_normK ?num_real.
have [tau gt] := start r0 r1 Wr inside rest act oU eqv.
have W1 v : norm (trans T *m v) <= norm v.
  by apply: le_trans (Wr v) _; rewrite ler_pimull ?norm_ge0 // ltW.
have [A [Z [dis same still]]] := good_linear oU.1 W1 (eta_fades (T := T) r0 r1 Wr) gt.
have -> : block_mx (trans T - al%:M) be%:M (- be%:M) (trans T - al%:M) = twice (trans T) - rot n al be.
  by rewrite /twice /rot opp_block_mx add_block_mx add0r sub0r raddfN opprK.
have [lt|ge] := ltP (al ^+ 2 + be ^+ 2) 1.
  exact: (rank_step_complex dis oU.1 re ob same still lt).
have -> : \rank (twice (trans T) - rot n al be) = (n + n)%N.
  rewrite -mxrank_tr; apply/eqP; rewrite -[_ == _]/(row_free _) -kermx_eq0.
  apply/rowV0P => v /sub_kermxP h.
  have e : twice (trans T) *m v^T = rot n al be *m v^T.
    move/(congr1 trmx): h; rewrite trmx_mul trmxK trmx0 mulmxBl => /eqP.
    by rewrite subr_eq0 => /eqP.
  apply: trmx_inj; rewrite trmx0; move: e; rewrite -[v^T]vsubmxK; set v1 := usubmx _; set v2 := dsubmx _.
  rewrite /twice /rot !mul_block_col !mul0mx addr0 add0r !mul_scalar_mx => /eq_col_mx[e1 e2].
  have sq : sqnorm (trans T *m v1) + sqnorm (trans T *m v2)
      = (al ^+ 2 + be ^+ 2) * (sqnorm v1 + sqnorm v2).
    by rewrite e1 e2 !sqnorm_comb; move: (dot _ _) (sqnorm _) (sqnorm _) => d s1 s2; ring.
  have le : sqnorm (trans T *m v1) + sqnorm (trans T *m v2) <= rho ^+ 2 * (sqnorm v1 + sqnorm v2).
    by rewrite mulrDr; apply: ler_add; rewrite norm_le.
  have q0 : sqnorm v1 + sqnorm v2 <= 0.
    have : (al ^+ 2 + be ^+ 2 - rho ^+ 2) * (sqnorm v1 + sqnorm v2) <= 0.
      by rewrite mulrBl subr_le0 -sq.
    by rewrite pmulr_rle0 // subr_gt0 (lt_le_trans _ ge) // expr_lt1.
  apply: sqnorm_eq0; rewrite sqnorm_col_mx; apply/eqP.
  by rewrite eq_le q0 addr_ge0 ?sqnorm_ge0.
rewrite subnn addn0; apply: leq_add; apply: leq_trans (leq_addr _ n) _.
  by have := rank_step dis oU.1 re ob same still (lam := 0); rewrite normr0; apply.
by have := rank_step dis oU.1 re ob same still (lam := 0); rewrite normr0; apply.
Qed.

(** ** w I_n needs exactly 2n states. *)
Theorem scalar_memory (M w : R) n m p (T : rnn R n m p) (xbar : 'cV[R]_m) :
  trans T = w%:M -> `|w| < 1 -> \rank (inw T) = n -> \rank (outw T) = n ->
  sqnorm xbar < M ^+ 2 -> (forall i, 0 < (inw T *m xbar + bias T) i 0) ->
  (exists T' : rnn R (2 * n) m p, orthogonal (trans T') /\ equivalent (@relu R) M T T') /\
  forall N (T' : rnn R N m p), orthogonal (trans T') -> equivalent (@relu R) M T T' ->
    (2 * n <= N)%N.
Proof.
move=> Ww w1 rF rC xM act.
have cW : contraction (trans T).
  exists `|w|; rewrite normr_ge0 w1; split=> // v.
  by rewrite Ww mul_scalar_mx sqnormZ real_normK ?num_real.
have w0 : 0 < 1 - w by rewrite subr_gt0 (le_lt_trans (ler_norm _)).
pose hstar := (1 - w)^-1 *: (inw T *m xbar + bias T).
have lb N (T' : rnn R N m p) : orthogonal (trans T') -> equivalent (@relu R) M T T' -> (2 * n <= N)%N.
  move=> oU eqv; have h := @theorem_A M n m p N T T' xbar hstar w cW (full_rank_minimal rF rC) xM.
  rewrite mul2n -addnn; move: h; rewrite {2}Ww subrr mxrank0 subn0; apply=> // [|i].
    rewrite Ww mul_scalar_mx -addrA; set u := inw T *m xbar + bias T.
    rewrite /hstar -/u scalerA -[X in _ = _ + X]scale1r -scalerDl; congr (_ *: _).
    by field; rewrite gt_eqF.
  by rewrite /hstar scE mulr_gt0 ?invr_gt0.
split=> //; have [N [T' [leN oT' eqv]]] := theorem_3_1 M cW.
have N2 : N = (2 * n)%N by apply/eqP; rewrite eqn_leq leN (lb _ T').
by subst N; exists T'.
Qed.

(** The smallest statement: W = w I_n, F = C = I_n, b = 0. *)
Definition decoupled n (w : R) : rnn R n n n := Rnn w%:M 1%:M 0 1%:M 0.

Corollary decoupled_exactly_2n (M w : R) n : 0 < M -> `|w| < 1 ->
  (exists T' : rnn R (2 * n) n n,
     orthogonal (trans T') /\ equivalent (@relu R) M (decoupled n w) T') /\
  forall N (T' : rnn R N n n), orthogonal (trans T') ->
    equivalent (@relu R) M (decoupled n w) T' -> (2 * n <= N)%N.
Proof.
move=> M0 w1; pose t := M / n.+1%:R.
have t0 : 0 < t by rewrite divr_gt0 ?ltr0n.
apply: (@scalar_memory M w n n n (decoupled n w) (const_mx t)) => //=; rewrite ?mxrank1 //.
  rewrite sqnorm_const /t expr_div_n mulrCA -[ltRHS]mulr1 ltr_pmul2l ?exprn_gt0 //.
  rewrite ltr_pdivr_mulr ?exprn_gt0 ?ltr0n // mul1r -natrX ltr_nat.
  by rewrite expnS expn1 leq_pmulr.
by move=> i; rewrite mul1mx addr0 mxE.
Qed.
End Main.
